import ArgumentParser
import Foundation
import HTTP
import Jobs

/// `openclaw login`.
struct LoginCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Keep a gateway and a token for it in a profile.",
    discussion: """
      The token comes from a file, which stays where it is, or from standard input; then it is \
      kept beside profiles.json, mode 0600. It is tried once before anything is written.

      EXAMPLE
        openclaw login --url https://openclaw.example < token.txt
      """)

  @Option(help: "The gateway.")
  var url: String

  @Option(help: ArgumentHelp("A file of mode 0600 with the token.", valueName: "file"))
  var tokenFile: String?

  @Option(help: "The profile's name.")
  var profile = "default"

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard ProfileFile.isName(profile) else {
      throw ValidationError("a profile's name has 1 to 64 letters, digits, '.', '_' or '-'")
    }
  }

  func perform(on console: Console) async throws -> ExitStatus {
    let surroundings = console.surroundings
    let url = try ConnectionSettings.checked(url)
    let token = try token(surroundings)
    let settings = ConnectionSettings(url: url, token: token)
    if let warning = settings.warning { console.say("warning: \(warning)") }
    try await surroundings.interruptible {
      _ = try await GatewayClient(settings, pause: surroundings.pause).jobs([("limit", "1")])
    }
    var file = try ProfileFile.own(surroundings)
    let path =
      try tokenFile.map { URL(filePath: $0).standardizedFileURL.path }
      ?? file.keep(token, of: profile)
    file[profile] = Profile(url: url, tokenFile: path)
    try file.write()
    try console.show(["profile": .string(profile), "url": .string(url), "logged_in": true]) {
      TerminalText.neutralized("logged in to \(url) as profile \(profile)", keepsLines: false)
    }
    return .ok
  }

  private func token(_ surroundings: Surroundings) throws -> String {
    if let tokenFile {
      guard let token = try TokenFile.read(tokenFile) else {
        throw CommandError(
          .authentication, type: "token_file", "token file \(tokenFile) does not exist")
      }
      return token
    }
    let words = try surroundings.readInput(4096).split { $0 == 0x20 || (0x09...0x0D).contains($0) }
    guard words.count == 1, let token = TokenFile.bearer(words[0]) else {
      throw CommandError(
        .authentication, type: "token", "standard input does not hold one token",
        hint: "openclaw login --url … < token.txt, or --token-file")
    }
    return token
  }
}
