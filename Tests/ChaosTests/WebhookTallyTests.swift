import Jobs
import Testing

@testable import Chaos

@Suite struct WebhookTallyTests {
  private func told(_ type: String, _ id: String, isGenuine: Bool = true) -> JSONValue {
    [
      "verified": [.bool(isGenuine)],
      "body": ["type": .string(type), "data": ["id": .string(id)]],
    ]
  }

  private func isKept(_ log: [JSONValue]) -> Bool {
    var tally = WebhookTally(log)
    tally.jobs = ["a": "succeeded", "b": "failed"]
    tally.batches = ["c"]
    return tally.verdict(atLeast: 1, refused: 0, kills: 1).isKept
  }

  @Test func eachEndHasToBeToldAsItWas() {
    let all = [told("job.succeeded", "a"), told("job.failed", "b"), told("batch.completed", "c")]
    #expect(isKept(all) && isKept(all + [told("job.failed", "b")]))
    #expect(!isKept(Array(all.dropLast())) && !isKept(Array(all.dropFirst())))
    #expect(!isKept(all + [told("job.expired", "a")]))
    #expect(!isKept(all + [told("job.failed", "d")]))
    #expect(!isKept(all + [told("job.failed", "b", isGenuine: false)]))
  }

  @Test func withoutKillsItSaysNothing() {
    var tally = WebhookTally([told("job.failed", "b")])
    tally.jobs = ["b": "failed"]
    #expect(!tally.verdict(atLeast: 1, refused: 0, kills: 0).isKept)
  }
}
