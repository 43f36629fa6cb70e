import ArgumentParser
import Jobs

/// `openclaw schedules show`.
struct ShowScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a schedule with all that is known.")

  @OptionGroup var schedule: ScheduleName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let found = try await client.schedule(schedule.name)
    try console.show(found.document) { console.details(found) }
    return .ok
  }
}
