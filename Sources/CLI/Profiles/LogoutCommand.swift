import ArgumentParser
import Foundation
import Jobs

/// `openclaw logout`.
struct LogoutCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "Forget the token of a profile.",
    discussion: "The token itself stays valid; `openclaw tokens revoke` ends it.")

  @Option(help: "The profile's name; else the one in use.")
  var profile: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(on console: Console) async throws -> ExitStatus {
    var file = try ProfileFile.own(console.surroundings)
    let name = profile ?? file.current
    guard let found = file[name] else { throw ProfilesCommand.missing(name) }
    if found.tokenFile == file.tokenFile(of: name) { unlink(file.tokenFile(of: name)) }
    file[name] = Profile(url: found.url)
    try file.write()
    try console.show(["profile": .string(name), "logged_in": false]) {
      TerminalText.neutralized("profile \(name) has no token any more", keepsLines: false)
    }
    return .ok
  }
}
