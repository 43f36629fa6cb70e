import ArgumentParser
import Foundation
import Jobs

/// The noun `profiles`.
struct ProfilesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles", abstract: "Keep gateways and the files of their tokens under names.",
    discussion: "They are in openclaw/profiles.json of the XDG config folder.",
    subcommands: [List.self, Set.self, Use.self, Remove.self])

  /// The name of a profile, as an argument.
  struct Name: ParsableArguments {
    @Argument(help: "1 to 64 letters, digits, '.', '_' or '-'.")
    var name: String

    func validate() throws {
      guard ProfileFile.isName(name) else {
        throw ValidationError("a profile's name has 1 to 64 letters, digits, '.', '_' or '-'")
      }
    }
  }

  struct List: OpenClawCommand {
    static let configuration = CommandConfiguration(abstract: "List the profiles.")

    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      let file = try ProfileFile.own(console.surroundings)
      let items = file.profiles.map { file.document(of: $0.name, $0.profile) }
      try console.show(items, of: ["items": .array(items)]) {
        guard !items.isEmpty else { return "no profiles" }
        var table = TextTable("NAME", "USED", "URL", "TOKEN FILE")
        for (name, profile) in file.profiles {
          table.add(
            name, name == file.current ? "*" : "", profile.url ?? "", profile.tokenFile ?? "")
        }
        return table.text(isColored: console.isColored, width: console.width)
      }
      return .ok
    }
  }

  struct Set: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make or change a profile; what is not given stays.")

    @OptionGroup var profile: Name
    @Option(help: "The gateway.") var url: String?
    @Option(help: ArgumentHelp("A file of mode 0600 with the token.", valueName: "file"))
    var tokenFile: String?
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      var file = try ProfileFile.own(console.surroundings)
      var changed = file[profile.name] ?? Profile()
      if let url { changed.url = try ConnectionSettings.checked(url) }
      if let tokenFile {
        changed.tokenFile = URL(filePath: tokenFile).standardizedFileURL.path
      }
      file[profile.name] = changed
      try file.write()
      try console.show(file.document(of: profile.name, changed)) {
        "profile \(profile.name) is set"
      }
      return .ok
    }
  }

  struct Use: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Choose the profile that counts when none is named.")

    @OptionGroup var profile: Name
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      var file = try ProfileFile.own(console.surroundings)
      guard let used = file[profile.name] else { throw ProfilesCommand.missing(profile.name) }
      file.current = profile.name
      try file.write()
      try console.show(file.document(of: profile.name, used)) {
        "profile \(profile.name) is used"
      }
      return .ok
    }
  }

  struct Remove: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a profile, and the token that `login` kept for it.")

    @OptionGroup var profile: Name
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      var file = try ProfileFile.own(console.surroundings)
      guard let removed = file[profile.name] else { throw ProfilesCommand.missing(profile.name) }
      file[profile.name] = nil
      try file.write()
      if removed.tokenFile == file.tokenFile(of: profile.name) {
        unlink(file.tokenFile(of: profile.name))
      }
      try console.show(["profile": .string(profile.name), "removed": true]) {
        "profile \(profile.name) is removed"
      }
      return .ok
    }
  }

  static func missing(_ name: String) -> CommandError {
    CommandError(
      .notFound, type: "not_found", "there is no profile \(name)", hint: "openclaw profiles list")
  }
}

extension ProfileFile {
  /// A profile as scripts get it: `name`, `current`, `url`, `token_file`.
  fileprivate func document(of name: String, _ profile: Profile) -> JSONValue {
    [
      "name": .string(name), "current": .bool(name == current),
      "url": profile.url.map { .string($0) } ?? .null,
      "token_file": profile.tokenFile.map { .string($0) } ?? .null,
    ]
  }
}
