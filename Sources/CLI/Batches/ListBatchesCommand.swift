import ArgumentParser
import Jobs

/// `openclaw batches list`.
struct ListBatchesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List batches, the newest first.",
    discussion: "`jobs list --batch-id` lists the jobs of one.")

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.batches(pages.query)
    let batches = try (page["items"]?.elements ?? []).map { try BatchView($0) }
    try console.show(batches.map(\.document), of: page) { console.table(of: batches) }
    console.sayWhatFollows(page)
    return .ok
  }
}
