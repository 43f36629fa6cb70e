import ArgumentParser
import Jobs

/// `openclaw schedules list`.
struct ListSchedulesCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the schedules, by name.",
    discussion: """
      NEXT tells how far ahead the next tick is, LAST when the last one was, and OUTCOME what became \
      of it: `fired` if it has made a job, however that ended; `schedules history` has those before. \
      A schedule that is `paused` by itself says in OUTCOME why. `schedules show` has the input.
      """)

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
