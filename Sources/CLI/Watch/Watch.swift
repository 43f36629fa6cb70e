import Foundation
import Synchronization

/// Looks at something again and again: drawn in place on a terminal, elsewhere one table, or one
/// document, each time; as `jsonl` each document is a line.
struct Watch: Sendable {
  let client: GatewayClient
  let console: Console
  let terms: WatchOptions
  /// Prints how it stands now, as the command without `--watch` does.
  let look: @Sendable (GatewayClient, Console) async throws -> ExitStatus

  private var interval: Duration { .seconds(terms.interval ?? 2) }

  /// - Throws: ``CommandError``: what the first look throws, and ``CommandError/interrupted``.
  func run() async throws -> ExitStatus {
    guard console.isLive(.output) else { return try await list() }
    let screen = WatchScreen(title: "\(client.settings.url)  every \(interval.brief)", console)
    do {
      let status = try await draw(on: screen)
      try await screen.end()
      return status
    } catch {
      try await screen.end()
      throw error
    }
  }

  private func list() async throws -> ExitStatus {
    var console = console
    console.isSeries = true
    var looks = 0
    while true {
      if looks > 0, console.format == .table { try console.surroundings.writeOutput([0x0A]) }
      let status = try await look(client, console)
      looks += 1
      if looks == terms.count { return status }
      try await client.rest(interval)
    }
  }

  private func draw(on screen: WatchScreen) async throws -> ExitStatus {
    try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
      group.addTask { try await looks(on: screen) }
      group.addTask {
        for await _ in console.surroundings.resizes() { try await screen.draw() }
        return nil
      }
      defer { group.cancelAll() }
      while let next = try await group.next() { if let status = next { return status } }
      throw CommandError.interrupted
    }
  }

  private func looks(on screen: WatchScreen) async throws -> ExitStatus {
    var client = client
    var looks = 0
    var status = ExitStatus.ok
    while true {
      let page = Page()
      do {
        status = try await look(client, page.console(like: console))
        try await screen.show(page.text, at: Date.now)
        client.isPatient = false
      } catch let error as CommandError where looks > 0 && error.status == .unreachable {
        // It worked before: a restart is what one watches, too.
        try await screen.show(trouble: error.message)
      }
      looks += 1
      if looks == terms.count { return status }
      try await client.rest(interval)
    }
  }

  /// What one look prints, and below it what it says.
  private final class Page: Sendable {
    private let state = Mutex((output: [UInt8](), talk: [UInt8]()))

    func console(like console: Console) -> Console {
      var console = console
      console.surroundings.writeOutput = { bytes in self.state.withLock { $0.output += bytes } }
      console.surroundings.writeError = { bytes in self.state.withLock { $0.talk += bytes } }
      return console
    }

    var text: String {
      state.withLock { state in
        let gap: [UInt8] = state.talk.isEmpty ? [] : [0x0A]
        return String(decoding: state.output + gap + state.talk, as: UTF8.self)
      }
    }
  }
}
