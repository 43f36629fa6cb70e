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
        openclaw jobs list --session support:42 --since 2h

      Jobs that tell webhooks are left out, unless --deliveries or their --target asks for them.
      """)

  @Option(help: "Only jobs in this state; may be given several times.")
  var state: [JobState] = []

  @Option(help: "Only jobs for this agent or skill.")
  var target: Target?

  @Option(
    name: .customLong("batch-id"),
    help: ArgumentHelp("Only jobs of this batch.", valueName: "id"))
  var batch: BatchID?

  @Option(help: ArgumentHelp("Only jobs of this session.", valueName: "name"))
  var session: SessionName?

  @Option(help: ArgumentHelp("Only the jobs that hold this key.", valueName: "key"))
  var uniqueKey: String?

  @Option(help: "Only jobs of this priority.")
  var priority: Priority?

  @Option(help: ArgumentHelp("Only jobs that do this one again.", valueName: "id"))
  var retryOf: JobID?

  @Option(
    help: ArgumentHelp(
      "Only jobs made then or later: a time, or how long ago, such as 2h.",
      valueName: "time|duration"))
  var since: MomentArgument?

  @Option(
    help: ArgumentHelp(
      "Only jobs made before: a time, or how long ago.", valueName: "time|duration"))
  var until: MomentArgument?

  @Flag(help: "Also the jobs that tell webhooks.")
  var deliveries = false

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.jobs(query + pages.query)
    let jobs = try (page["items"]?.elements ?? []).map { try JobView($0) }
    try console.show(jobs: jobs, of: page)
    console.sayWhatFollows(page)
    return .ok
  }

  func validate() throws {
    if let uniqueKey { try JobTermOptions.check(uniqueKey: uniqueKey) }
  }

  /// As the gateway takes it.
  private var query: [(name: String, value: String)] {
    var query: [(name: String, value: String)] = []
    if !state.isEmpty { query.append(("state", state.map(\.name).joined(separator: ","))) }
    if let target { query.append(("target", "\(target)")) }
    if let batch { query.append(("batch_id", "\(batch)")) }
    if let session { query.append(("session_id", "\(session)")) }
    if let uniqueKey { query.append(("unique_key", uniqueKey)) }
    if let priority { query.append(("priority", priority.name)) }
    if let retryOf { query.append(("retry_of", "\(retryOf)")) }
    if let since { query.append(("created_after", since.ago)) }
    if let until { query.append(("created_before", until.ago)) }
    if deliveries { query.append(("deliveries", "true")) }
    return query
  }
}
