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
    try await connected(on: console) { try await perform(with: $0, on: console) }
  }

  /// Runs a body with a client, which Ctrl-C cancels.
  func connected(
    on console: Console, _ body: @escaping @Sendable (GatewayClient) async throws -> ExitStatus
  ) async throws -> ExitStatus {
    let settings = try ConnectionSettings(connection, in: console.surroundings)
    if let warning = settings.warning { console.say("warning: \(warning)") }
    let client = GatewayClient(settings, pause: console.surroundings.pause)
    return try await console.surroundings.interruptible { try await body(client) }
  }
}

/// A command that shows how something stands, and with `--watch` goes on showing it. Its
/// ``ClientCommand/perform(with:on:)`` is one look.
protocol WatchedCommand: ClientCommand {
  /// Declared as `@OptionGroup(title: "Watching") var watching: WatchOptions`.
  var watching: WatchOptions { get }
}

extension WatchedCommand {
  func perform(on console: Console) async throws -> ExitStatus {
    try await connected(on: console) { client in
      guard watching.watch else { return try await perform(with: client, on: console) }
      return try await Watch(client: client, console: console, terms: watching) {
        try await perform(with: $0, on: $1)
      }.run()
    }
  }
}
