import Jobs
import Synchronization
import Testing

@testable import Skills

/// Makes no request, and answers what it is told to.
final class ScriptedCourier: WebhookDelivering {
  private let answer: DeliveryAnswer
  let sent = Mutex<[(delivery: DeliveryID, isLast: Bool)]>([])

  init(_ answer: DeliveryAnswer = .delivered(status: 204)) { self.answer = answer }

  func send(
    _ delivery: DeliveryID, for call: SkillCall, isLast: Bool
  ) async throws -> DeliveryAnswer {
    sent.withLock { $0.append((delivery, isLast)) }
    return answer
  }
}

@Suite struct WebhooksDeliverTests {
  private let delivery = DeliveryID()

  private func call(attempt: Int = 1, _ arguments: JSONValue? = nil) -> SkillCall {
    SkillCall(
      user: UserID(), job: JobID(), step: StepID(), attempt: attempt,
      arguments: arguments ?? ["delivery": .string(delivery.description)])
  }

  private func failure(
    _ answer: DeliveryAnswer, attempt: Int = 1, jitter: Double = 0
  ) async throws -> StepFailure? {
    let skill = WebhooksDeliver(webhooks: ScriptedCourier(answer)) { jitter }
    do {
      _ = try await skill.run(call(attempt: attempt))
      return nil
    } catch let failure as StepFailure {
      return failure
    }
  }

  @Test func whatWasTakenIsDone() async throws {
    let courier = ScriptedCourier(.delivered(status: 202))
    let result = try await WebhooksDeliver(webhooks: courier).run(call())
    #expect(result == ["outcome": "delivered", "status": 202])
    #expect(courier.sent.withLock { $0.first?.delivery } == delivery)
    let other = ScriptedCourier(.superseded)
    #expect(try await WebhooksDeliver(webhooks: other).run(call()) == ["outcome": "superseded"])
  }

  @Test func whatIsNotSentAnyMoreIsNoFailure() async throws {
    let skill = WebhooksDeliver(webhooks: ScriptedCourier(.dropped(code: "webhook_deleted")))
    #expect(try await skill.run(call()) == ["outcome": "dropped", "reason": "webhook_deleted"])
  }

  @Test func whatWasNotTakenIsTriedAgainLaterAndLater() async throws {
    let busy = DeliveryAnswer.failed(DeliveryFailure(code: "status_500", message: "no"))
    let waits: [Duration] = [
      .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000),
      .seconds(36_000), .seconds(50_400), .seconds(72_000),
    ]
    for (index, wait) in waits.enumerated() {
      let failure = try await failure(busy, attempt: index + 1)
      #expect(failure?.isRetryable == true && failure?.retryAfter == wait)
      #expect(failure?.code == "status_500")
    }
    #expect(try await failure(busy, attempt: 1, jitter: 1)?.retryAfter == .seconds(6))
    #expect(try await failure(busy, attempt: 1, jitter: -1)?.retryAfter == .seconds(4))
  }

  @Test func theReceiversWordCountsIfItIsLonger() async throws {
    func asked(_ wait: Duration) -> DeliveryAnswer {
      .failed(DeliveryFailure(code: "status_503", message: "no", retryAfter: wait))
    }
    #expect(try await failure(asked(.seconds(60)))?.retryAfter == .seconds(60))
    #expect(try await failure(asked(.seconds(1)))?.retryAfter == .seconds(5))
  }

  @Test func whatIsNoUseIsGivenUp() async throws {
    let gone = DeliveryFailure(code: "status_410", message: "no", isPermanent: true)
    let failure = try await failure(.failed(gone))
    #expect(failure?.isRetryable == false && failure?.code == "status_410")
  }

  @Test func theNinthAttemptIsTheLast() async throws {
    let courier = ScriptedCourier()
    let skill = WebhooksDeliver(webhooks: courier)
    #expect(skill.definition.attempts == 9)
    for attempt in [1, 8, 9] { _ = try await skill.run(call(attempt: attempt)) }
    #expect(courier.sent.withLock { $0.map(\.isLast) } == [false, false, true])
  }

  @Test func whatIsNoDeliveryIsRefused() async throws {
    let skill = WebhooksDeliver(webhooks: ScriptedCourier())
    let failure = await #expect(throws: StepFailure.self) {
      _ = try await skill.run(call(["delivery": "x"]))
    }
    #expect(failure?.code == "invalid_arguments")
  }
}
