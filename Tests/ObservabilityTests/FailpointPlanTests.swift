import Testing

@testable import Observability

@Suite struct FailpointPlanTests {
  @Test func theNthHitCarriesOutTheAction() throws {
    let plan = try FailpointPlan("claim-commit:2:stop")
    #expect(plan.action(at: .claimCommit) == nil)
    #expect(plan.action(at: .claimCommit) == .stop)
    #expect(plan.action(at: .claimCommit) == nil)
  }

  @Test func aPlaceMayHaveSeveralEntriesAndOthersAreLeftAlone() throws {
    let plan = try FailpointPlan("reap:1:error,reap:3:kill,release:1:stop")
    #expect((1...3).map { _ in plan.action(at: .reap) } == [.error, nil, .kill])
    #expect(plan.names(.release) && !plan.names(.finishCommit))
    #expect(plan.action(at: .finishCommit) == nil)
  }

  @Test func aSafetyNetIsSwitchedOffByName() throws {
    let plan = try FailpointPlan("idle-claim:off,finish-commit:1:kill")
    #expect(plan.switchesOff(.idleClaim) && !plan.switchesOff(.reconcile))
    #expect(plan.action(at: .finishCommit) == .kill)
  }

  @Test(arguments: [
    "claim-comit:1:kill", "claim-commit:0:kill", "claim-commit:1:explode", "claim-commit:1",
    "claim-commit:off", "idle-claim:1:kill", "idle-claim:on", "claim-commit:1:kill,", "",
    "claim-commit::kill", " claim-commit:1:kill", "promoted:1:kill",
  ])
  func aBadEntryIsAnErrorThatNamesWhatIsAllowed(_ text: String) throws {
    let error = #expect(throws: FailpointEntryError.self) { try FailpointPlan(text) }
    let line = try #require(error).description
    #expect(line.contains("OPENCLAW_FAILPOINTS") && !line.contains("\n"))
    #expect(line.contains("effect-started") && line.contains("reconcile:off"))
  }

  @Test func allNamesAreThere() {
    let names = """
      accept-commit ticket-publish ticket-confirm outbox-delete ticket-received claim-commit \
      ticket-ack effect-started model-sent model-first-byte model-done skill-spawned skill-exited \
      finish-commit reply-publish retry-commit dead-commit reap lease-renew cancel-commit promote \
      release shutdown
      """
    let wanted = Set(names.split(separator: " ").map(String.init))
    #expect(Set(Failpoint.allCases.map(\.rawValue)) == wanted)
  }
}
