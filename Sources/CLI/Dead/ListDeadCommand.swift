import ArgumentParser
import Jobs

/// `openclaw dead list`.
struct ListDeadCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the dead steps of a pool.",
    discussion: """
      TRIES counts attempts, and after a plus sign the workers that died with the step.

      EXAMPLES
        openclaw dead list agent.main --code provider_unavailable
        openclaw dead list skill.files --limit 200 -o jsonl
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @OptionGroup var filter: DeadFilter

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.dead(in: pool, filter.parts + pages.query)
    let steps = try (page["items"]?.elements ?? []).map { try DeadStepView($0) }
    try console.show(steps.map(\.document), of: page) { Self.table(of: steps, console) }
    console.sayWhatFollows(page)
    return .ok
  }

  private static func table(of steps: [DeadStepView], _ console: Console) -> String {
    guard !steps.isEmpty else { return "no dead steps" }
    var table = TextTable(
      "STEP", "JOB", "TARGET", "CODE", "TRIES", "DIED", "MESSAGE", wholeColumns: 2)
    for step in steps {
      table.add(
        "\(step.step)", step.job, step.target, step.code, step.tries, WireTime.short(step.diedAt),
        step.message)
    }
    return table.text(isColored: console.isColored, width: console.width)
  }
}
