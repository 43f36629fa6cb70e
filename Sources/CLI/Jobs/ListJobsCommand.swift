import ArgumentParser
import Jobs

/// `openclaw jobs list`.
struct ListJobsCommand: WatchedCommand {
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

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var query: [(name: String, value: String)] = []
    if !state.isEmpty { query.append(("state", state.map(\.name).joined(separator: ","))) }
    if let target { query.append(("target", "\(target)")) }
    if let batch { query.append(("batch_id", "\(batch)")) }
    let page = try await client.jobs(query + pages.query)
    let jobs = try (page["items"]?.elements ?? []).map { try JobView($0) }
    try console.show(jobs: jobs, of: page)
    console.sayWhatFollows(page)
    return .ok
  }
}
