import Glibc
import Synchronization

/// Named places where a test makes a process die, stop or fail; off unless a test turns them on.
///
/// `OPENCLAW_FAILPOINTS` holds `name:nth:action` entries separated by commas. The action is
/// carried out at the nth hit, counted from 1 in each process: `kill` (SIGKILL to itself),
/// `stop` (SIGSTOP) or `error` (throws ``FailpointError``).
public enum Failpoint: String, Sendable, CaseIterable {
  case acceptCommit = "accept-commit"
  case ticketPublish = "ticket-publish"
  case claimCommit = "claim-commit"
  case modelSent = "model-sent"
  case modelDone = "model-done"
  case skillSpawned = "skill-spawned"
  case skillExited = "skill-exited"
  case finishCommit = "finish-commit"

  /// Passes the place; free when no failpoint is on.
  ///
  /// - Throws: ``FailpointError`` when a test asked for an error here.
  public func hit() throws(FailpointError) {
    guard let plan = FailpointPlan.current else { return }
    switch plan.action(at: self) {
    case .none: return
    case .kill: kill(getpid(), SIGKILL)
    case .stop: kill(getpid(), SIGSTOP)
    case .error: throw FailpointError(failpoint: self)
    }
  }
}

/// The failure that a failpoint injects.
public struct FailpointError: Error, CustomStringConvertible {
  /// Where it was injected.
  public let failpoint: Failpoint

  /// `failpoint <name>`, the name as `OPENCLAW_FAILPOINTS` spells it.
  public var description: String { "failpoint \(failpoint.rawValue)" }
}

/// Which failpoints are on, and how often each was passed.
final class FailpointPlan: Sendable {
  enum Action: String { case kill, stop, error }

  struct Entry {
    let nth: Int
    let action: Action
  }

  /// Read once from the environment; `nil` when no failpoint is on.
  static let current: FailpointPlan? = getenv("OPENCLAW_FAILPOINTS").flatMap {
    FailpointPlan(String(cString: $0))
  }

  private let entries: [Failpoint: Entry]
  private let hits = Mutex<[Failpoint: Int]>([:])

  /// - Returns: `nil` when the text names no failpoint.
  init?(_ text: String) {
    var entries: [Failpoint: Entry] = [:]
    for part in text.split(separator: ",") {
      let fields = part.split(separator: ":")
      guard fields.count == 3, let name = Failpoint(rawValue: String(fields[0])),
        let nth = Int(fields[1]), let action = Action(rawValue: String(fields[2]))
      else { continue }
      entries[name] = Entry(nth: nth, action: action)
    }
    guard !entries.isEmpty else { return nil }
    self.entries = entries
  }

  func action(at failpoint: Failpoint) -> Action? {
    guard let entry = entries[failpoint] else { return nil }
    let count = hits.withLock { hits in
      hits[failpoint, default: 0] += 1
      return hits[failpoint]
    }
    return count == entry.nth ? entry.action : nil
  }
}
