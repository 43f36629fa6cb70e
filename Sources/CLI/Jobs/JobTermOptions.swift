import ArgumentParser
import Jobs

/// When and how a job runs, beside what it is to do.
struct JobTermOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The conversation that it is part of: jobs of a session run one after the other.",
      valueName: "name"))
  var session: SessionName?

  @Option(
    help: ArgumentHelp(
      "Start it at a time, such as 2026-11-22T15:00:00+01:00, and not at once.",
      valueName: "time"))
  var runAt: TimeArgument?

  @Option(
    help: ArgumentHelp("Start it after so long, such as 90s or 1h30m.", valueName: "duration"))
  var delay: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "When it must be over, with all that it delegates; else it expires.",
      valueName: "time|duration"))
  var deadline: MomentArgument?

  @OptionGroup var steps: StepTermOptions

  @Option(
    help: ArgumentHelp(
      "Make no new job while there is one with this key, and show that one.", valueName: "key"))
  var uniqueKey: String?

  @Option(help: "Among which of the user's jobs the key counts: all of them, when not said.")
  var uniqueScope: Uniqueness.Scope?

  @Option(
    help: ArgumentHelp(
      "How long the key counts; else until its job is over.", valueName: "duration"))
  var uniqueFor: DurationArgument?

  @Option(
    help: ArgumentHelp(
      "Tell this webhook of its end, also if it is not told of all jobs.", valueName: "name|id"))
  var webhook: String?

  @Option(
    help: ArgumentHelp(
      "Start it once this signal comes (`jobs signal`), and not at once.", valueName: "signal"))
  var waitFor: SignalName?

  @Option(
    help: ArgumentHelp(
      "How long it waits for the signal, then it expires; 24h when not said.",
      valueName: "duration"))
  var waitTimeout: DurationArgument?

  @Option(
    name: .customLong("batch-id"),
    help: ArgumentHelp("Add it to this open batch.", valueName: "id"))
  var batch: BatchID?

  func validate() throws {
    if runAt != nil, delay != nil { throw ValidationError("Give either --run-at or --delay.") }
    if session != nil, runAt != nil || delay != nil {
      throw ValidationError(
        "Jobs of a --session start in their order, not at a time: leave out --run-at and --delay.")
    }
    if waitTimeout != nil, waitFor == nil {
      throw ValidationError("--wait-timeout goes with --wait-for.")
    }
    if waitFor != nil, session != nil || runAt != nil || delay != nil {
      throw ValidationError("--wait-for does not go with --session, --run-at or --delay.")
    }
    guard let uniqueKey else {
      if uniqueScope != nil || uniqueFor != nil {
        throw ValidationError("--unique-scope and --unique-for go with --unique-key.")
      }
      return
    }
    try Self.check(uniqueKey: uniqueKey)
    if uniqueScope == .session, session == nil {
      throw ValidationError("--unique-scope session needs a --session.")
    }
  }

  /// - Throws: `ValidationError` for what no unique key looks like.
  static func check(uniqueKey: String) throws {
    guard Uniqueness(key: uniqueKey) != nil else {
      throw ValidationError("--unique-key takes 1 to 255 printable ASCII characters.")
    }
  }

  /// The fields of the request; none for what was not said.
  var members: [String: JSONValue] {
    var members = steps.members
    members["session_id"] = session.map { .string("\($0)") }
    members["run_at"] = runAt.map { .string($0.text) }
    members["delay"] = delay.map { .string($0.text) }
    members["deadline"] = deadline.map { .string($0.text) }
    members["unique_key"] = uniqueKey.map { .string($0) }
    members["unique_scope"] = uniqueScope.map { .string($0.rawValue) }
    members["unique_for"] = uniqueFor.map { .string($0.text) }
    members["webhook"] = webhook.map { .string($0) }
    var wait: [String: JSONValue] = [:]
    wait["signal"] = waitFor.map { .string("\($0)") }
    wait["timeout"] = waitTimeout.map { .string($0.text) }
    if !wait.isEmpty { members["wait_for"] = .object(wait) }
    members["batch_id"] = batch.map { .string("\($0)") }
    return members
  }
}
