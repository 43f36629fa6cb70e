import ArgumentParser
import Jobs

/// `openclaw schedules create`.
struct CreateScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a schedule.",
    discussion: """
      Exits 6 when the name is taken. `schedules ticks` shows the times that come of it.

      EXAMPLES
        openclaw schedules create news agent:main "Sum up the news" \\
          --cron "0 7 * * 1-5" --time-zone Europe/Berlin
        openclaw schedules create clock skill:system.clock --cron "*/5 * * * *"
      """)

  @Argument(help: "What it shall be called.")
  var name: String

  @Argument(help: "agent:<name> or skill:<namespace>.<verb>.")
  var target: Target

  @OptionGroup var input: GivenInput

  @Option(
    help: ArgumentHelp(
      "When: minute, hour, day of the month, month, day of the week.", valueName: "line"))
  var cron: String

  @OptionGroup var terms: ScheduleTerms

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var request = terms.members
    request["name"] = .string(name)
    request["cron"] = .string(cron)
    request["target"] = .string("\(target)")
    request["input"] = try input.value(for: target, console.surroundings)
    do {
      try console.show(schedule: try await client.createSchedule(request))
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may be there: openclaw schedules show \(name)")
    }
    return .ok
  }
}
