import Testing

@testable import LocalServices

@Suite struct RestartPolicyTests {
  @Test func theWaitDoublesWithEachEndUpToTheLongest() {
    var policy = RestartPolicy(firstDelay: .seconds(1), longestDelay: .seconds(5))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(1))
    #expect(policy.delay(afterRunOf: .seconds(3)) == .seconds(2))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(4))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(5))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(5))
  }

  @Test func aStableRunStartsTheWaitsOver() {
    var policy = RestartPolicy(firstDelay: .seconds(1), stableAfter: .seconds(60))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(1))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(2))
    #expect(policy.delay(afterRunOf: .seconds(60)) == .seconds(1))
    #expect(policy.delay(afterRunOf: .zero) == .seconds(2))
  }

  @Test func manyEndsInARowDoNotOverflow() {
    var policy = RestartPolicy()
    for _ in 0..<10_000 { _ = policy.delay(afterRunOf: .zero) }
    #expect(policy.delay(afterRunOf: .zero) == .seconds(30))
  }
}
