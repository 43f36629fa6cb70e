import Jobs
import ModelRouter
import Synchronization

/// Plays a whole conversation with the built-in model: its calls are answered by a script.
struct ModelBench {
  /// What the model said and did in one turn.
  struct Turn {
    let response: ModelResponse
    let pieces: [String]
  }

  var model: any ModelCalling = ModelRouter()
  var skillNames = ["files.list", "files.read", "files.write", "system.clock"]

  /// Asks until the model calls nothing more.
  ///
  /// - Parameter answers: The tool messages' JSON, one for each call.
  func play(_ request: String, _ answers: [String] = []) async throws -> [Turn] {
    var messages = [ModelMessage(.system, "Be helpful."), ModelMessage(.user, request)]
    var turns: [Turn] = []
    var answers = answers[...]
    for _ in 0..<10 {
      let turn = try await ask(messages)
      turns.append(turn)
      if turn.response.calls.isEmpty { break }
      messages.append(
        ModelMessage(.assistant, turn.response.text, calls: turn.response.calls))
      for call in turn.response.calls {
        guard let answer = answers.popFirst() else { return turns }
        messages.append(ModelMessage(.tool, answer, callID: call.id))
      }
    }
    return turns
  }

  func ask(_ messages: [ModelMessage]) async throws -> Turn {
    let skills = skillNames.map {
      SkillDefinition(name: $0, description: "", input: [:], output: [:], safety: .pure)
    }
    let pieces = Mutex<[String]>([])
    let request = ModelRequest(model: "default", messages: messages, skills: skills)
    let response = try await model.complete(request) { piece in
      pieces.withLock { $0.append(piece) }
    }
    return Turn(response: response, pieces: pieces.withLock { $0 })
  }
}
