import ArgumentParser

/// A command of `openclaw`. One file and one line in its noun's `subcommands` add one.
protocol OpenClawCommand: AsyncParsableCommand, Sendable {
  /// Declared as `@OptionGroup var output: OutputOptions`.
  var output: OutputOptions { get }

  /// Does the work and prints through the console.
  ///
  /// - Throws: ``CommandError``; anything else counts as a defect and exits 1.
  func perform(on console: Console) async throws -> ExitStatus
}

/// A command that talks to a gateway.
protocol ClientCommand: OpenClawCommand {
  /// Declared as `@OptionGroup var connection: ConnectionOptions`.
  var connection: ConnectionOptions { get }

  /// Does the work. Its task is cancelled by Ctrl-C.
  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus
}

extension ClientCommand {
  func perform(on console: Console) async throws -> ExitStatus {
    let settings = try ConnectionSettings(connection, in: console.surroundings)
    if let warning = settings.warning { console.say("warning: \(warning)") }
    let client = GatewayClient(settings, pause: console.surroundings.pause)
    return try await console.surroundings.interruptible {
      try await perform(with: client, on: console)
    }
  }
}
