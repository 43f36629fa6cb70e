import ArgumentParser
import Jobs

/// `openclaw schedules pause`.
struct PauseScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Let a schedule make no jobs until it is resumed.",
    discussion: "`schedules fire` still works.")

  @OptionGroup var schedule: ScheduleName

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    try console.show(schedule: try await client.tell(.pause, to: schedule.name))
    return .ok
  }
}
