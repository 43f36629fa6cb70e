import Foundation
import HTTP
import Jobs
import ModelRouter
import Synchronization
import TestSupport
import Testing

/// `Tests/Stubs/openai_stub.py` in a process of its own.
struct OpenAIStub {
  static let key = "sk-test-0123456789abcdef"

  /// What a model was heard to say, and what came of it.
  struct Heard {
    let pieces: [String]
    let result: Result<ModelAnswer, any Error>

    var failure: StepFailure? {
      if case .failure(let error) = result { error as? StepFailure } else { nil }
    }
  }

  let port: Int
  private let client = HTTPClient()

  var baseURL: String { "http://127.0.0.1:\(port)/v1" }

  /// Runs the stub for the time of a closure.
  ///
  /// - Parameter script: One behaviour for each of the next requests.
  static func run<Value>(
    _ script: JSONValue..., body: (OpenAIStub) async throws -> Value
  ) async throws -> Value {
    try await ScriptProcess.run(try source()) { port in
      let stub = OpenAIStub(port: port)
      try await stub.post("/control", .array(script))
      return try await body(stub)
    }
  }

  func provider(
    _ change: (inout OpenAIProvider.Configuration) -> Void = { _ in }
  ) throws -> OpenAIProvider {
    var configuration = OpenAIProvider.Configuration(
      baseURL: baseURL, apiKey: APIKey(Self.key), model: "stub")
    change(&configuration)
    return try OpenAIProvider(configuration)
  }

  /// Asks once; the closure hears of each piece before the next one is read.
  func ask(
    _ request: ModelRequest = .saying("hello"), with provider: OpenAIProvider? = nil,
    onPiece: @Sendable (String) async -> Void = { _ in }
  ) async throws -> Heard {
    let provider = try provider ?? self.provider()
    let pieces = Mutex<[String]>([])
    do {
      let answer = try await provider.answer(request, from: "stub") { progress in
        guard case .text(let piece) = progress else { return }
        pieces.withLock { $0.append(piece) }
        await onPiece(piece)
      }
      return Heard(pieces: pieces.withLock { $0 }, result: .success(answer))
    } catch {
      return Heard(pieces: pieces.withLock { $0 }, result: .failure(error))
    }
  }

  /// Appends the behaviour for one more request.
  func script(_ behaviour: JSONValue) async throws { try await post("/control", [behaviour]) }

  /// Lets gated pieces through.
  func go(_ count: Int = 1) async throws {
    try await post("/control/go", ["count": .integer(Int64(count))])
  }

  /// Waits at the stub for `seen=1`, `ended=1` or `waiting=1`.
  @discardableResult
  func wait(for event: String) async throws -> JSONValue {
    let response = try await client.send(
      HTTPRequest(url: "http://127.0.0.1:\(port)/control/wait?\(event)"))
    try #require(response.status == 200)
    return try JSONValue(json: response.body)
  }

  private func post(_ path: String, _ body: JSONValue) async throws {
    let response = try await client.send(
      HTTPRequest(.post, url: "http://127.0.0.1:\(port)\(path)", body: body.json))
    try #require(response.status == 200)
  }

  private static func source() throws -> String {
    let folder = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.startIndex)
    return try String(contentsOfFile: "\(folder)/../Stubs/openai_stub.py", encoding: .utf8)
  }
}

extension ModelRequest {
  /// One user message, and skills by these names.
  static func saying(_ text: String, skills: [String] = []) -> ModelRequest {
    ModelRequest(
      model: "default", messages: [ModelMessage(.user, text)],
      skills: skills.map { .named($0) })
  }
}

extension SkillDefinition {
  /// A skill that takes any object.
  static func named(_ name: String) -> SkillDefinition {
    SkillDefinition(
      name: name, description: "Does \(name).", input: ["type": "object"], output: [:],
      safety: .pure)
  }
}
