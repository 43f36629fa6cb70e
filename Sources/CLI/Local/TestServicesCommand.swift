import ArgumentParser
import Foundation
import LocalServices

/// `openclaw test-services -- COMMAND…`: what `make test` runs the tests with.
struct TestServicesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test-services",
    abstract: "Run a command beside a broker and a database of its own.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments, after --.")
  var command: [String]

  func run() async throws {
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard !words.isEmpty else { throw ValidationError("name a command after --") }
    let end = try await LocalStack.run(command: words, paths: try .resolve())
    throw ExitCode(end.code)
  }
}
