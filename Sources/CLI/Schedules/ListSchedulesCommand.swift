import ArgumentParser
import Jobs

/// `openclaw schedules list`.
struct ListSchedulesCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the schedules.",
    discussion: "NEXT tells how far ahead the next job is, OUTCOME how the last one ended.")

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.schedules()
    let schedules = try (page["items"]?.elements ?? []).map { try ScheduleView($0) }
    try console.show(schedules.map(\.document), of: page) { console.table(of: schedules) }
    return .ok
  }
}
