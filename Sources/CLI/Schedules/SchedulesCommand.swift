import ArgumentParser

/// The noun `schedules`.
struct SchedulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules", abstract: "Make jobs again and again, at the times of a cron line.",
    subcommands: [
      ListSchedulesCommand.self, ShowScheduleCommand.self, CreateScheduleCommand.self,
      EditScheduleCommand.self, DeleteScheduleCommand.self, PauseScheduleCommand.self,
      ResumeScheduleCommand.self, FireScheduleCommand.self, ScheduleTicksCommand.self,
      ScheduleHistoryCommand.self,
    ])
}
