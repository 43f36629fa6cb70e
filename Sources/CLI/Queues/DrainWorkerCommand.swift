import ArgumentParser
import Jobs

/// `openclaw workers drain`.
struct DrainWorkerCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Let a worker finish what it runs, and end.",
    discussion: """
      It takes no more steps from now on. Where something starts workers of its pool, such as \
      `openclaw up`, another one takes its place. Needs a token that may operate.
      """)

  @Argument(help: "The worker's id, or a beginning that no other running worker has.")
  var worker: String

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let id = try await found(client)
    let drained = try await client.drain(id)
    if console.format == .table {
      try console.show(workers: [drained], of: .null)
    } else {
      try console.show(drained.document) { "" }
    }
    return .ok
  }

  private func found(_ client: GatewayClient) async throws -> WorkerID {
    if let id = WorkerID(worker) { return id }
    let start = worker.lowercased()
    let workers = try (try await client.workers()["items"]?.elements ?? [])
      .map { try WorkerView($0) }
    let matches = workers.filter { "\($0.id)".hasPrefix(start) && $0.state != "lost" }
    guard let match = matches.first else {
      throw CommandError(
        .notFound, type: "worker_not_found", "no worker's id begins with \(worker)")
    }
    guard matches.count == 1 else {
      let ids = matches.map { "\n  \($0.id)" }.joined()
      throw CommandError.usage("\(matches.count) workers' ids begin with \(worker):\(ids)")
    }
    return match.id
  }
}
