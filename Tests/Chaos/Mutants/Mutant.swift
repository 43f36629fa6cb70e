/// A known defect, which `Tests/Mutants/mutants.patch` puts into a copy of the code and
/// `OPENCLAW_MUTANT` switches on by its name.
package enum Mutant: String, Sendable, Codable, CaseIterable {
  case ackBeforeClaim = "ack-before-claim"
  case deleteBeforeConfirm = "delete-before-confirm"
  case notMandatory = "not-mandatory"
  case lastRelayed = "last-relayed"
  case nextByNotExists = "next-by-not-exists"
  case fenceBySelect = "fence-by-select"
  case reapIgnoresCancel = "reap-ignores-cancel"
  case reapAfterOutage = "reap-after-outage"

  /// What is wrong, in a few words.
  package var title: String {
    switch self {
    case .ackBeforeClaim: "tickets are acknowledged before the claim's COMMIT"
    case .deleteBeforeConfirm: "outbox rows are deleted before the broker has confirmed"
    case .notMandatory: "tickets are published without mandatory"
    case .lastRelayed: "the relay looks behind the last id that it has seen"
    case .nextByNotExists: "NOT EXISTS decides whether the next turn is due"
    case .fenceBySelect: "the fence is a SELECT before the finish"
    case .reapIgnoresCancel: "the reaper makes steps of cancelled jobs ready"
    case .reapAfterOutage: "the reaper does not wait after an outage of the database"
    }
  }

  /// The trouble that it does not survive.
  package var scenario: any Scenario {
    switch self {
    case .ackBeforeClaim: HungClaimScenario()
    case .deleteBeforeConfirm: UnconfirmedScenario()
    case .notMandatory, .lastRelayed: UnboundScenario()
    case .nextByNotExists: PairScenario()
    case .fenceBySelect: StallScenario()
    case .reapIgnoresCancel: OrphanScenario()
    case .reapAfterOutage: OutageScenario()
    }
  }

  /// The promise whose check has to find it; another one's failure does not count.
  package var breaks: Promise {
    switch self {
    case .ackBeforeClaim, .deleteBeforeConfirm, .notMandatory, .lastRelayed, .nextByNotExists: .D1
    case .fenceBySelect, .reapAfterOutage: .D2
    case .reapIgnoresCancel: .D15
    }
  }
}
