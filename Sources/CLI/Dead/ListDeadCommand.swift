import ArgumentParser
import Jobs

/// `openclaw dead list`.
struct ListDeadCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the dead steps of a pool.",
    discussion: """
      TRIES counts attempts, and those of them that ended with their worker after a plus sign.

      EXAMPLES
        openclaw dead list agent.main --code provider_error
        openclaw dead list skill.files --limit 200 -o jsonl
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @OptionGroup var filter: DeadFilter

  @Option(help: "How many, 1 to 200.")
  var limit = 50

  @Option(help: "Where the page before ended; it said so.")
  var cursor: String?

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit takes 1 to 200.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    var query = filter.parts + [("limit", "\(limit)")]
    if let cursor { query.append(("cursor", cursor)) }
    let page = try await client.dead(in: pool, query)
    let steps = try (page["items"]?.elements ?? []).map { try DeadStepView($0) }
    try console.show(steps.map(\.document), of: page) { Self.table(of: steps, console) }
    if let next = page["next_cursor"]?.text, [.table, .jsonl].contains(console.format) {
      console.say("more: --cursor \(next)")
    }
    return .ok
  }

  private static func table(of steps: [DeadStepView], _ console: Console) -> String {
    guard !steps.isEmpty else { return "no dead steps" }
    var table = TextTable(
      "STEP", "JOB", "TARGET", "CODE", "TRIES", "DIED", "MESSAGE", wholeColumns: 2)
    for step in steps {
      let tries = "\(step.attempts)" + (step.crashes > 0 ? "+\(step.crashes)" : "")
      table.add(
        "\(step.step)", step.job, step.target, step.code, tries, WireTime.short(step.diedAt),
        step.message)
    }
    return table.text(isColored: console.isColored, width: console.width)
  }
}
