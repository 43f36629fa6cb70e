import ArgumentParser
import Jobs

/// `openclaw batches list`.
struct ListBatchesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List batches, the newest first.",
    discussion: "`jobs list --batch-id` lists the jobs of one.")

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
    var query = [(name: "limit", value: "\(limit)")]
    if let cursor { query.append((name: "cursor", value: cursor)) }
    let page = try await client.batches(query)
    let batches = try (page["items"]?.elements ?? []).map { try BatchView($0) }
    try console.show(batches.map(\.document), of: page) { console.table(of: batches) }
    if let next = page["next_cursor"]?.text, [.table, .jsonl].contains(console.format) {
      console.say("more: --cursor \(next)")
    }
    return .ok
  }
}
