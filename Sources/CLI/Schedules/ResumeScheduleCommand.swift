import ArgumentParser
import Jobs

/// `openclaw schedules resume`.
struct ResumeScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Let a paused schedule make jobs again.")

  @OptionGroup var schedule: ScheduleName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(schedule: try await client.tell(.resume, to: schedule.name))
    return .ok
  }
}
