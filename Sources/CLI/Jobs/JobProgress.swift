import Jobs

/// What changed in a job or in one of its steps.
struct JobChange: Equatable {
  /// RFC 3339, if the gateway told.
  let time: String?
  /// `nil` for the job itself.
  let step: Step?
  let state: String
  /// What went wrong.
  let problem: String?

  struct Step: Equatable {
    let index: Int64
    let kind: String
    let name: String
    let attempt: Int64
  }

  /// One line for people.
  var line: String {
    let subject = step.map { "\($0.kind) \($0.name)" } ?? "job"
    let tries = step.map { $0.attempt > 1 ? " (attempt \($0.attempt))" : "" } ?? ""
    let end = problem.map { "  \($0)" } ?? ""
    return TerminalText.neutralized(
      "\(clock)  \(step == nil ? "" : "  ")\(subject): \(state)\(tries)\(end)", keepsLines: false)
  }

  /// `{"type":"job"|"step","state",…}` for `-o jsonl`.
  var document: JSONValue {
    var members: [String: JSONValue] = [
      "type": step == nil ? "job" : "step", "state": .string(state),
    ]
    members["at"] = time.map { .string($0) }
    members["error"] = problem.map { .string($0) }
    if let step {
      members["index"] = .integer(step.index)
      members["kind"] = .string(step.kind)
      members["name"] = .string(step.name)
      members["attempt"] = .integer(step.attempt)
    }
    return .object(members)
  }

  /// The time of day of an RFC 3339 time, to the second.
  private var clock: String {
    guard let time, time.utf8.count >= 19 else { return "--:--:--" }
    return String(decoding: time.utf8.dropFirst(11).prefix(8), as: UTF8.self)
  }
}

/// Turns snapshots of a job and its steps into the changes between them, in a readable order:
/// queued, running, what the steps did, and how it stands now.
struct JobProgress {
  private var shownJobStates: Set<String> = []
  private var current: String?
  private var shownSteps: [Int64: (state: String, attempt: Int64)] = [:]

  /// Takes the next snapshot.
  mutating func update(_ job: JobView, _ steps: [StepView]) -> [JobChange] {
    var changes: [JobChange] = []
    if job.state != .scheduled { pass(JobState.queued, job.time("created_at"), &changes) }
    if let started = job.time("started_at") { pass(JobState.running, started, &changes) }
    for step in steps.sorted(by: { $0.index < $1.index }) { changes += update(step) }
    if job.state.name != current {
      current = job.state.name
      changes.append(
        JobChange(
          time: job.time("finished_at"), step: nil, state: job.state.name, problem: job.problem))
    }
    return changes
  }

  /// A state that every job passes, shown once, also when it was too short to be seen.
  private mutating func pass(_ state: JobState, _ time: String?, _ changes: inout [JobChange]) {
    guard shownJobStates.insert(state.name).inserted else { return }
    current = state.name
    changes.append(JobChange(time: time, step: nil, state: state.name, problem: nil))
  }

  private mutating func update(_ step: StepView) -> [JobChange] {
    let shown = shownSteps[step.index]
    guard shown.map({ $0 != (step.state, step.attempt) }) ?? true else { return [] }
    shownSteps[step.index] = (step.state, step.attempt)
    let about = JobChange.Step(
      index: step.index, kind: step.kind, name: step.name, attempt: step.attempt)
    let isOver = step.time("finished_at") != nil
    let now = JobChange(
      time: step.time(isOver ? "finished_at" : "started_at") ?? step.time("created_at"),
      step: about, state: step.state, problem: step.problem)
    guard isOver, shown?.state != "running", let started = step.time("started_at") else {
      return [now]
    }
    return [JobChange(time: started, step: about, state: "running", problem: nil), now]
  }
}
