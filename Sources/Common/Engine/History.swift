import FoundationEssentials
import Jobs
import Postgres
import Storage

/// The finished turns of a job, read from its finished steps.
struct History {
  let turns: [AgentTurn]

  /// - Parameter rows: Of `ClaimStatements.history(of:)`, in the order of their index.
  init(rows: [Row], content: SealedContent) throws {
    var turns: [(index: Int, text: String, calls: [ModelCall])] = []
    var results: [Int: [String: Result<JSONValue, StepFailure>]] = [:]
    for row in rows {
      let id = try row.decode("id", as: UUID.self)
      let output = try content.openIfPresent(
        try row.decode("output", as: [UInt8]?.self), .stepOutput, row: id)
      if let turn = try row.decode("turn", as: Int32?.self) {
        let call = try row.decode("call_id", as: String?.self) ?? ""
        let error = try content.openIfPresent(
          try row.decode("error", as: [UInt8]?.self), .stepError, row: id)
        let failure = error.flatMap(StepFailure.init(json:))
        results[Int(turn), default: [:]][call] =
          failure.map { .failure($0) }
          ?? .success(output ?? .null)
      } else if let output {
        let index = Int(try row.decode("index", as: Int32.self))
        turns.append((index, output["text"]?.text ?? "", TurnOutput.calls(in: output)))
      }
    }
    self.turns = turns.map {
      AgentTurn(text: $0.text, calls: $0.calls, results: results[$0.index] ?? [:])
    }
  }
}

/// How an agent's turn that asked for skills is stored.
enum TurnOutput {
  static func json(_ request: AgentRequest) -> JSONValue {
    .object([
      "text": .string(request.text), "model": .string(request.model),
      "calls": .array(
        request.calls.map {
          .object([
            "id": .string($0.call.id), "skill": .string($0.call.skill),
            "arguments": $0.call.arguments,
          ])
        }),
    ])
  }

  static func calls(in output: JSONValue) -> [ModelCall] {
    (output["calls"]?.elements ?? []).compactMap { call in
      guard let id = call["id"]?.text, let skill = call["skill"]?.text else { return nil }
      return ModelCall(id: id, skill: skill, arguments: call["arguments"] ?? .object([:]))
    }
  }
}
