import ArgumentParser
import Jobs

/// `openclaw batches show`.
struct ShowBatchCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a batch with all that is known, and how far it is.",
    discussion: "Exits 0 however the batch stands; `batches wait` tells by its exit code.")

  @Argument(help: "The batch's id.")
  var id: BatchID

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let found = try await client.batch(id)
    try console.show(found.document) { console.details(found) }
    return .ok
  }
}
