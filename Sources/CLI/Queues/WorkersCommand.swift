import ArgumentParser
import Jobs

/// The noun `workers`.
struct WorkersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers", abstract: "See who works, and let workers finish and end.",
    subcommands: [ListWorkersCommand.self, DrainWorkerCommand.self])
}

/// `openclaw workers list`.
struct ListWorkersCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the workers of the last day.",
    discussion: "A draining worker takes no more steps; a lost one has said nothing for 15 s.")

  @Option(help: "Only workers of this pool.")
  var pool: String?

  @Option(
    help: "Only workers in this state, running, draining or lost; may be given several times.")
  var state: [WorkerRecord.State] = []

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var query: [(name: String, value: String)] = []
    if let pool { query.append(("pool", pool)) }
    if !state.isEmpty { query.append(("state", state.map(\.rawValue).joined(separator: ","))) }
    let page = try await client.workers(query)
    let workers = try (page["items"]?.elements ?? []).map { try WorkerView($0) }
    try console.show(workers: workers, of: page)
    return .ok
  }
}

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

extension Console {
  fileprivate func show(workers: [WorkerView], of document: JSONValue) throws {
    try show(workers.map(\.document), of: document) {
      guard !workers.isEmpty else { return "no workers" }
      var table = TextTable("ID", "STATE", "BUSY", "POOLS", "HOST", "PID", "VERSION", "STEPS")
      for worker in workers {
        let steps = (worker.document["steps"]?.elements ?? []).compactMap { $0["target"]?.text }
        table.add(
          "\(worker.id)", worker.state, "\(worker.busy)/\(worker.slots)",
          worker.pools.joined(separator: ","), worker.text("host"),
          worker.document["pid"]?.int.map { "\($0)" } ?? "", worker.text("version"),
          steps.joined(separator: " "))
      }
      return table.text(isColored: isColored, width: width)
    }
  }
}
