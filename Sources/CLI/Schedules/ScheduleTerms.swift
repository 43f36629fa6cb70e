import ArgumentParser
import Jobs

/// How a schedule fires, and what its jobs are like: what may be left out of it.
struct ScheduleTerms: ParsableArguments {
  /// What happens to times that were missed, such as during an outage.
  enum Misfire: String, ExpressibleByArgument, CaseIterable, Sendable {
    case skip, once, all
  }

  /// What happens when the job before is not over.
  enum Overlap: String, ExpressibleByArgument, CaseIterable, Sendable {
    case skip, queue, cancel, parallel
  }

  @Option(
    help: ArgumentHelp(
      "Whose clocks count, such as Europe/Berlin. A new schedule has UTC.", valueName: "zone"))
  var timeZone: String?

  @Option(help: "How urgent its jobs are.")
  var priority: Priority?

  @Option(help: "What becomes of times that were missed: none, one for all, or each of them.")
  var misfire: Misfire?

  @Option(
    help: ArgumentHelp(
      "How late a job may still be made for a missed time, such as 1h.", valueName: "duration"))
  var misfireWindow: DurationArgument?

  @Option(
    help: """
      When its job before is not over: make none, let the new one wait for it, cancel the old one, \
      or run both.
      """)
  var overlap: Overlap?

  @Option(
    help: ArgumentHelp(
      "How many of its jobs may wait for each other; a tick beyond makes none. 1 to 1000.",
      valueName: "number"))
  var maxQueued: Int?

  @Option(help: ArgumentHelp("The conversation that its jobs are part of.", valueName: "name"))
  var session: SessionName?

  @Option(
    help: ArgumentHelp(
      "How long a job may take from its time on; else it expires.", valueName: "duration"))
  var deadline: DurationArgument?

  @OptionGroup var steps: StepTermOptions

  @Option(
    help: ArgumentHelp(
      "Tell this webhook of the ends of its jobs, also if it is not told of all.",
      valueName: "name|id"))
  var webhook: String?

  func validate() throws {
    if let maxQueued, !(1...1_000).contains(maxQueued) {
      throw ValidationError("--max-queued takes 1 to 1000.")
    }
  }

  /// The fields of the request; none for what was not said.
  var members: [String: JSONValue] {
    var members = steps.members
    members["time_zone"] = timeZone.map { .string($0) }
    members["priority"] = priority.map { .string($0.name) }
    members["misfire"] = misfire.map { .string($0.rawValue) }
    members["misfire_window"] = misfireWindow.map { .string($0.text) }
    members["overlap"] = overlap.map { .string($0.rawValue) }
    members["session_id"] = session.map { .string("\($0)") }
    members["deadline"] = deadline.map { .string($0.text) }
    members["max_queued"] = maxQueued.map { .integer(Int64($0)) }
    members["webhook"] = webhook.map { .string($0) }
    return members
  }
}

/// A schedule that is there, as an argument.
struct ScheduleName: ParsableArguments {
  @Argument(help: ArgumentHelp("The schedule's name, or its id.", valueName: "schedule"))
  var name: String

  func validate() throws {
    guard !name.isEmpty else { throw ValidationError("The schedule's name is empty.") }
  }
}
