import ArgumentParser
import Jobs

/// `openclaw dead redrive`.
struct RedriveCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "redrive", abstract: "Do the jobs of dead steps again, as new jobs.",
    discussion: """
      One's own; those of all users with a token that may operate. What these jobs had finished is \
      taken over; a job of a session joins it at the end. Exits 1 when a step was skipped, or when \
      it was stopped before its end.

      EXAMPLES
        openclaw dead redrive agent.main --code provider_unavailable --dry-run
        openclaw dead redrive agent.main --fingerprint 'agent:main transient/provider_timeout' --canary
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @OptionGroup var selection: DeadSelection

  @Flag(help: "Only tell which steps it would be.")
  var dryRun = false

  @Flag(help: "Do one first, then ten, then the others, each only when those before succeed.")
  var canary = false

  @Option(
    help: ArgumentHelp("Another input, as JSON; `-` reads standard input.", valueName: "json"))
  var input: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var request = selection.members
    if dryRun { request["dry_run"] = true }
    if let input {
      request["input"] = try JobInput(argument: input, file: nil, isJSON: true, fallback: nil)
        .value(console.surroundings)
    }
    let outcome: RedriveView
    do {
      outcome =
        canary && !dryRun
        ? try await CanaryRedrive(client: client, console: console, pool: pool).run(request)
        : try await client.redrive(pool, request)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("It may have been done: openclaw dead list \(pool)")
    }
    try console.show(outcome.document) { Self.table(of: outcome, console) }
    if console.format == .table, outcome.hasSteps { console.say(Self.summary(of: outcome)) }
    return outcome.stopped == nil && outcome.skipped.isEmpty ? .ok : .failed
  }

  private static func table(of outcome: RedriveView, _ console: Console) -> String {
    guard outcome.hasSteps else {
      return TerminalText.neutralized(summary(of: outcome), keepsLines: false)
    }
    var table = TextTable("STEP", "NEW JOB", "OUTCOME", wholeColumns: 2)
    for (step, job) in outcome.redriven {
      table.add(step, job, outcome.isDryRun ? "to be redriven" : "redriven")
    }
    for (step, reason) in outcome.skipped { table.add(step, "", "skipped: \(reason)") }
    return table.text(isColored: console.isColored, width: console.width)
  }

  /// One sentence, and why it ended early.
  static func summary(of outcome: RedriveView) -> String {
    let done =
      outcome.isDryRun
      ? "dry run: \(outcome.matched) matched, nothing was done"
      : "\(outcome.matched) matched, \(outcome.redriven.count) redriven, "
        + "\(outcome.skipped.count) skipped"
    return done + (outcome.stopped.map { "; stopped: \($0)" } ?? "")
  }
}
