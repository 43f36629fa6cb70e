import Testing

@testable import openclaw

struct RetryPolicyTests {
  private func pauses(
    knowsGateway: Bool = false, _ failures: RetryPolicy.Failure...
  ) -> [Duration?] {
    var policy = RetryPolicy(knowsGateway: knowsGateway)
    return failures.map { policy.pause(after: $0) }
  }

  @Test func aBusyGatewayIsGivenTheTimeItAskedFor() {
    let busy = RetryPolicy.Failure.status(503, retryAfter: .seconds(9))
    #expect(
      pauses(busy, busy, busy, busy, busy, busy)
        == [9, 9, 9, 9, 9, nil].map { $0.map { .seconds($0) } })
    #expect(pauses(.status(429, retryAfter: .seconds(31))) == [nil])
  }

  @Test func withoutAWordThePausesGrow() {
    let down = RetryPolicy.Failure.status(502, retryAfter: nil)
    #expect(pauses(down, down, down) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
  }

  @Test func aConflictIsFinalAlsoAfterAnAttemptInDoubt() {
    let conflict = RetryPolicy.Failure.status(409, retryAfter: .seconds(1))
    #expect(pauses(conflict) == [nil])
    #expect(pauses(.status(504, retryAfter: nil), conflict) == [.milliseconds(250), nil])
  }

  @Test(arguments: [400, 401, 403, 404, 413, 422, 500])
  func aRefusalIsFinal(status: Int) {
    #expect(pauses(knowsGateway: true, .status(status, retryAfter: .zero)) == [nil])
  }
}
