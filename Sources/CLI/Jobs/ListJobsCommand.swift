import ArgumentParser
import Jobs

/// `openclaw jobs list`.
struct ListJobsCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List jobs, the newest first.",
    discussion: """
      EXAMPLES
        openclaw jobs list --state queued --state running
        openclaw jobs list --target agent:main --limit 10 -o jsonl
      """)

  @Option(help: "Only jobs in this state; may be given several times.")
  var state: [JobState] = []

  @Option(help: "Only jobs for this agent or skill.")
  var target: Target?

  @Option(
    name: .customLong("batch-id"),
    help: ArgumentHelp("Only jobs of this batch.", valueName: "id"))
  var batch: BatchID?

  @Option(help: "How many, 1 to 200.")
  var limit = 50

  @Option(help: "Where the page before ended; it said so.")
  var cursor: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit takes 1 to 200.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var query: [(name: String, value: String)] = []
    if !state.isEmpty { query.append(("state", state.map(\.name).joined(separator: ","))) }
    if let target { query.append(("target", "\(target)")) }
    if let batch { query.append(("batch_id", "\(batch)")) }
    query.append(("limit", "\(limit)"))
    if let cursor { query.append(("cursor", cursor)) }
    let page = try await client.jobs(query)
    let jobs = try (page["items"]?.elements ?? []).map { try JobView($0) }
    try console.show(jobs: jobs, of: page)
    if let next = page["next_cursor"]?.text, [.table, .jsonl].contains(console.format) {
      console.say("more: --cursor \(next)")
    }
    return .ok
  }
}
