import ArgumentParser
import Jobs

/// `openclaw workers list`.
struct ListWorkersCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the workers of the last day.",
    discussion: "A draining worker takes no more steps; a lost one has said nothing for 15 s.")

  @Option(help: "Only workers of this pool.")
  var pool: String?

  @Option(
    help: "Only workers in this state, running, draining or lost; may be given several times.")
  var state: [WorkerRecord.State] = []

  @OptionGroup(title: "Watching") var watching: WatchOptions
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

extension Console {
  /// A row for each worker.
  func show(workers: [WorkerView], of document: JSONValue) throws {
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
