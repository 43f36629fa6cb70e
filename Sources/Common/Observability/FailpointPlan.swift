import Glibc
import Synchronization

/// An entry of `OPENCLAW_FAILPOINTS` that nobody could carry out.
public struct FailpointEntryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// As it was written.
  public let entry: String

  /// One line for the person who wrote it, with all names that there are.
  public var description: String {
    let names = Failpoint.allCases.map(\.rawValue).joined(separator: ", ")
    let nets = SafetyNet.allCases.map { "\($0.rawValue):off" }.joined(separator: ", ")
    return "variable OPENCLAW_FAILPOINTS: \"\(entry)\" is no failpoint; an entry is "
      + "name:nth:kill, name:nth:stop or name:nth:error, nth from 1, with one of the names "
      + "\(names); or one of \(nets)"
  }
}

/// Which failpoints are on, how often each was passed, and which safety nets are off.
final class FailpointPlan: Sendable {
  enum Action: String { case kill, stop, error }

  struct Entry {
    let nth: Int
    let action: Action
  }

  /// What was asked for; `nil` for nothing.
  static let environment: String? = getenv("OPENCLAW_FAILPOINTS").flatMap {
    let text = String(cString: $0)
    return text.isEmpty ? nil : text
  }

  /// Read once from the environment; `nil` when nothing was asked for.
  static let current: FailpointPlan? = environment.flatMap {
    // A bad entry has stopped the process at its start.
    try? FailpointPlan($0)
  }

  private let entries: [Failpoint: [Entry]]
  private let off: Set<SafetyNet>
  private let hits = Mutex<[Failpoint: Int]>([:])

  /// Reads entries separated by commas; a name may have several.
  init(_ text: String) throws(FailpointEntryError) {
    var entries: [Failpoint: [Entry]] = [:]
    var off: Set<SafetyNet> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let fields = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      if fields.count == 2, let net = SafetyNet(rawValue: fields[0]), fields[1] == "off" {
        off.insert(net)
      } else if fields.count == 3, let name = Failpoint(rawValue: fields[0]),
        let nth = Int(fields[1]), nth >= 1, let action = Action(rawValue: fields[2])
      {
        entries[name, default: []].append(Entry(nth: nth, action: action))
      } else {
        throw FailpointEntryError(entry: String(part))
      }
    }
    self.entries = entries
    self.off = off
  }

  func names(_ failpoint: Failpoint) -> Bool { entries[failpoint] != nil }

  func switchesOff(_ net: SafetyNet) -> Bool { off.contains(net) }

  /// Counts a hit.
  func action(at failpoint: Failpoint) -> Action? {
    guard let planned = entries[failpoint] else { return nil }
    let count = hits.withLock { hits in
      hits[failpoint, default: 0] += 1
      return hits[failpoint]
    }
    return planned.first { $0.nth == count }?.action
  }
}
