public import ArgumentParser
public import Jobs

/// What a webhook is told: what may be left out of it.
struct WebhookTerms: ParsableArguments {
  @Option(
    name: .customLong("event"),
    help: ArgumentHelp(
      "Tell it of this, such as job.failed; repeatable. A new webhook is told of all.",
      valueName: "event"))
  var events: [WebhookEvent] = []

  @Flag(
    name: .customLong("all-jobs"), inversion: .prefixedNo,
    help: "Whether it hears of every job, or only of those that name it.")
  var coversAllJobs: Bool?

  /// The fields of the request; none for what was not said.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    if !events.isEmpty { members["events"] = .array(events.map { .string($0.rawValue) }) }
    members["all_jobs"] = coversAllJobs.map { .bool($0) }
    return members
  }
}

/// A webhook that is there, as an argument.
struct WebhookName: ParsableArguments {
  @Argument(help: ArgumentHelp("The webhook's name, or its id.", valueName: "webhook"))
  var name: String

  func validate() throws {
    guard !name.isEmpty else { throw ValidationError("The webhook's name is empty.") }
  }
}

extension WebhookEvent: ExpressibleByArgument {}
