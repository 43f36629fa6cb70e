import Foundation
import LocalServices

/// Notes what becomes of the parts that `openclaw up` runs, for `status` and `down`.
actor RunJournal {
  private let root: DataRoot
  private var record: RunRecord

  /// Notes nothing yet.
  ///
  /// - Parameter gatewayURL: Where the gateway listens; `nil` when the servers run alone.
  init(root: DataRoot, gatewayURL: String?) {
    self.root = root
    record = RunRecord(pid: getpid(), gatewayURL: gatewayURL)
  }

  /// Notes the state of a part, such as `running`.
  func note(_ name: String, _ state: String, _ detail: String = "") {
    record.set(name, state, detail)
    write()
  }

  /// Forgets a part that shall not run any more.
  func forget(_ name: String) {
    record.remove(name)
    write()
  }

  /// Nothing runs any more.
  func end() { RunRecord.remove(from: root) }

  private func write() {
    do {
      try record.write(to: root)
    } catch {
      // Only `status` suffers; the system goes on.
      StandardStream.error.tell("! status cannot be noted: \(error)")
    }
  }
}
