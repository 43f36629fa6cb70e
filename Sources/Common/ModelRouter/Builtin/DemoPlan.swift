import Jobs

/// What the built-in model does next: it says something, and may call a skill.
struct DemoMove: Hashable {
  /// A skill with its arguments.
  struct Call: Hashable {
    let skill: String
    let arguments: JSONValue
  }

  let text: String
  let call: Call?

  /// The last word on a request.
  static func answer(_ text: String) -> DemoMove { DemoMove(text: text, call: nil) }
}

/// Decides the next move from the request and from what its calls have returned so far.
struct DemoPlan {
  let outcomes: [Result<JSONValue, StepFailure>]
  let skills: [SkillDefinition]

  /// The next move; `nil` is a request that was not understood.
  func next(_ request: DemoRequest?) -> DemoMove {
    switch request {
    case nil: .answer(DemoAnswer.help)
    case .read(let file): read(file) { .answer(DemoAnswer.content($0, of: file)) }
    case .list(let directory): list(directory)
    case .write(let text, let file):
      write(text, file) { .answer(DemoAnswer.written($0, to: file)) }
    case .time(let zone): time(zone)
    case .summarize(let file, let target): summarize(file, into: target)
    case .ask(let agent, let message): ask(agent, message)
    case .wait(let signal): wait(signal)
    }
  }

  private func read(_ file: String, then: (JSONValue) -> DemoMove) -> DemoMove {
    step(
      0, "I will read \(file).\n",
      DemoMove.Call(skill: "files.read", arguments: ["path": .string(file)]),
      failed: "I could not read \(file)", then: then)
  }

  private func list(_ directory: String?) -> DemoMove {
    let place = directory ?? "the workspace"
    let arguments: JSONValue = directory.map { ["path": .string($0)] } ?? [:]
    return step(
      0, "I will list \(place).\n", DemoMove.Call(skill: "files.list", arguments: arguments),
      failed: "I could not list \(place)"
    ) { .answer(DemoAnswer.listing($0, of: place)) }
  }

  private func write(
    _ text: String, _ file: String, after index: Int = 0, then: (JSONValue) -> DemoMove
  ) -> DemoMove {
    let arguments: JSONValue = ["path": .string(file), "content": .string(text)]
    return step(
      index, "I will write \(file).\n", DemoMove.Call(skill: "files.write", arguments: arguments),
      failed: "I could not write \(file)", then: then)
  }

  private func time(_ zone: String?) -> DemoMove {
    let arguments: JSONValue = zone.map { ["time_zone": .string($0)] } ?? [:]
    return step(
      0, "I will look at the clock.\n", DemoMove.Call(skill: "system.clock", arguments: arguments),
      failed: "I could not tell the time"
    ) { .answer(DemoAnswer.time($0)) }
  }

  private func ask(_ agent: String, _ message: String) -> DemoMove {
    step(
      0, "I will ask \(agent).\n",
      DemoMove.Call(skill: "delegate.\(agent)", arguments: ["message": .string(message)]),
      failed: "\(agent) could not do it"
    ) { .answer(DemoAnswer.said($0, by: agent)) }
  }

  private func wait(_ signal: String) -> DemoMove {
    step(
      0, "I will wait for the signal \(signal).\n",
      DemoMove.Call(skill: "signal.wait", arguments: ["name": .string(signal)]),
      failed: "The signal \(signal) did not come"
    ) { .answer(DemoAnswer.signalled($0, by: signal)) }
  }

  private func summarize(_ file: String, into target: String?) -> DemoMove {
    read(file) { result in
      guard let text = result["content"]?.text else {
        return .answer(DemoAnswer.failure("I could not read \(file)", .unreadable))
      }
      let summary = Summarizer.summarize(text)
      if summary.sentences.isEmpty {
        return .answer("I read \(file), but found no sentences in it to summarize.")
      }
      guard let target else { return .answer(DemoAnswer.summary(summary, of: file)) }
      return write(DemoAnswer.summaryFile(summary, of: file), target, after: 1) { _ in
        .answer(DemoAnswer.summary(summary, of: file, into: target))
      }
    }
  }

  /// Makes the call unless it was made; then tells its failure, or goes on from its result.
  private func step(
    _ index: Int, _ text: String, _ call: DemoMove.Call, failed: String,
    then: (JSONValue) -> DemoMove
  ) -> DemoMove {
    guard index < outcomes.count else {
      let mayCall = skills.contains { $0.name.utf8.elementsEqual(call.skill.utf8) }
      return mayCall
        ? DemoMove(text: text, call: call)
        : .answer("I need the skill \(call.skill) for that, and it is not available to me here.")
    }
    switch outcomes[index] {
    case .success(let value): return then(value)
    case .failure(let failure): return .answer(DemoAnswer.failure(failed, failure))
    }
  }
}
