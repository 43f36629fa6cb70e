import ArgumentParser
import Jobs

/// `openclaw schedules edit`.
struct EditScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a schedule; what is not given stays.",
    discussion: """
      Jobs that it has made stay as they are. It keeps its target: for another one, make another \
      schedule.

      EXAMPLE
        openclaw schedules edit digest --cron "30 6 * * 1-5" --priority low
      """)

  @OptionGroup var schedule: ScheduleName

  @Option(help: ArgumentHelp("What it shall be called from now on.", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "When: minute, hour, day of the month, month, day of the week.", valueName: "line"))
  var cron: String?

  @OptionGroup var input: NewInput
  @OptionGroup var terms: ScheduleTerms

  @Flag(help: "Its jobs are part of no conversation from now on.")
  var noSession = false

  @Flag(help: "Its jobs may take as long as they need from now on.")
  var noDeadline = false

  @Flag(help: "Its jobs have no time limits of their own from now on.")
  var noTimeouts = false

  @Flag(help: "Its jobs name no webhook from now on.")
  var noWebhook = false

  @Flag(help: "The steps of its jobs are tried as often as others from now on.")
  var noMaxAttempts = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if noSession, terms.session != nil {
      throw ValidationError("Give either --session or --no-session.")
    }
    if noDeadline, terms.deadline != nil {
      throw ValidationError("Give either --deadline or --no-deadline.")
    }
    if noTimeouts, terms.steps.timeouts != nil {
      throw ValidationError("Give either timeouts or --no-timeouts.")
    }
    if noWebhook, terms.webhook != nil {
      throw ValidationError("Give either --webhook or --no-webhook.")
    }
    if noMaxAttempts, terms.steps.maxAttempts != nil {
      throw ValidationError("Give either --max-attempts or --no-max-attempts.")
    }
    guard input.isGiven || !members.isEmpty else {
      throw ValidationError("Give an option: nothing is to be changed.")
    }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var changes = members
    if input.isGiven {
      // What is no JSON is text for an agent.
      let target = try await client.schedule(schedule.name).target
      changes["input"] = try input.value(for: target, console.surroundings)
    }
    try console.show(schedule: try await client.editSchedule(schedule.name, changes))
    return .ok
  }

  private var members: [String: JSONValue] {
    var members = terms.members
    members["name"] = name.map { .string($0) }
    members["cron"] = cron.map { .string($0) }
    if noSession { members["session_id"] = .null }
    if noDeadline { members["deadline"] = .null }
    if noTimeouts { members["timeouts"] = .null }
    if noWebhook { members["webhook"] = .null }
    if noMaxAttempts { members["max_attempts"] = .null }
    return members
  }
}
