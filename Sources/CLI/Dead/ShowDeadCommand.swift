import ArgumentParser
import Jobs

/// `openclaw dead show`.
struct ShowDeadCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a dead step: what it worked on, its attempts and errors.",
    discussion: """
      Also one that was redriven or dropped. OBSTACLE tells why a redrive would leave it alone. What \
      a step of another user works on is not shown, also to who may operate.

      EXAMPLES
        openclaw dead show agent.main 0199c0de-0000-7000-8000-000000000000
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @Argument(help: "The step's id.")
  var step: StepID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let step = try await client.deadStep(step, in: pool)
    try console.show(step.document) {
      let details = Self.details(step)
      return step.failures.isEmpty ? details : "\(details)\n\n\(Self.attempts(step, console))"
    }
    return .ok
  }

  private static func details(_ step: DeadStepDetailView) -> String {
    let document = step.document
    let lines: [(String, String?)] = [
      ("step", "\(step.summary.step)"), ("job", step.summary.job),
      ("user", document["user"]?.text), ("target", step.summary.target),
      ("pool", document["pool"]?.text), ("priority", document["priority"]?.text),
      ("error", "\(step.summary.code): \(step.summary.message)"),
      ("class", document["class"]?.text), ("tries", step.summary.tries),
      ("created", document["created_at"]?.text), ("started", document["started_at"]?.text),
      ("died", step.summary.diedAt), ("effect", document["effect"]?["state"]?.text),
      ("settled", document["settled_at"]?.text), ("redriven", document["redriven_as"]?.text),
      ("obstacle", document["obstacle"]?.text), ("input", input("input", of: document)),
      ("arguments", input("arguments", of: document)),
    ]
    return lines.compactMap { name, value in
      value.map { "\(name.padded(to: 9)) \(TerminalText.neutralized($0, keepsLines: true))" }
    }.joined(separator: "\n")
  }

  /// One of the values that it worked on, or why that is not shown; `nil` for none.
  private static func input(_ key: String, of document: JSONValue) -> String? {
    switch (document[key], document["input_withheld"]?.text) {
    case (nil, "not_owner") where key == "input": "(shown to its owner alone)"
    case (nil, "unreadable") where key == "input": "(no key of the gateway opens it)"
    case (nil, _), (.null?, _): nil
    case (let value?, _): Console.readable(value) ?? value.compact(escaping: true)
    }
  }

  private static func attempts(_ step: DeadStepDetailView, _ console: Console) -> String {
    var table = TextTable("ATTEMPT", "FAILED", "BECAME", "TRIED AGAIN", "ERROR")
    for failure in step.failures {
      table.add(
        "\(failure.number)", WireTime.short(failure.at), failure.state,
        WireTime.short(failure.retryAt), failure.problem)
    }
    return table.text(isColored: console.isColored, width: console.width)
  }
}
