import ArgumentParser
import Jobs

/// `openclaw schedules delete`.
struct DeleteScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a schedule; the jobs that it has made stay.")

  @OptionGroup var schedule: ScheduleName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try await client.deleteSchedule(schedule.name)
    try console.show(["schedule": .string(schedule.name), "deleted": true]) {
      TerminalText.neutralized("schedule \(schedule.name) is deleted", keepsLines: false)
    }
    return .ok
  }
}
