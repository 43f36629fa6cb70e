import Glibc
import Jobs
import ModelRouter
import Testing

@Suite struct OpenAICancellationTests {
  /// Cancels a call once the stub has seen what it waits for; the server's socket must close.
  private func cancelled(_ script: JSONValue, at event: String) async throws {
    try await OpenAIStub.run(script) { stub in
      let task = Task { try await stub.ask().result.get() }
      try await stub.wait(for: event)
      let cancelledAt = Self.monotonicSeconds()
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      let seen = try await stub.wait(for: "ended=1")
      #expect(seen["outcome"] == "client_cut")
      // By the server's watch: a busy test process may be late to hear of it itself.
      guard case .number(let cutAt)? = seen["cut_at"] else {
        Issue.record("the stub noted no time")
        return
      }
      #expect(cutAt - cancelledAt < 2)
    }
  }

  /// The clock that the stub takes its times from.
  private static func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  @Test func aCallThatWaitsForItsHeadStopsAtOnce() async throws {
    try await cancelled(["before": "hang"], at: "seen=1")
  }

  @Test func aCallInTheMiddleOfItsAnswerStopsAtOnce() async throws {
    try await cancelled(["pieces": [["text": "a"], ["text": "b", "gate": true]]], at: "waiting=1")
  }

  @Test func aTaskThatIsCancelledAlreadyAsksNobody() async throws {
    try await OpenAIStub.run { stub in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await stub.ask().result.get()
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      _ = try await stub.ask()
      #expect(try await stub.wait(for: "ended=1")["id"] == 1)
    }
  }
}
