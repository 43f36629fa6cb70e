import Foundation
import Glibc
package import LocalServices

/// The gateways and workers of a system, which are hit and started again.
package actor Crew {
  /// Starts a process, with failpoints if any.
  package typealias Start = @Sendable (_ failpoints: String?) async throws -> ManagedProcess

  private var starts: [String: Start] = [:]
  private var processes: [String: ManagedProcess] = [:]

  /// All names, sorted.
  package var names: [String] { starts.keys.sorted() }

  /// Names that begin so, sorted.
  package func names(of kind: String) -> [String] { names.filter { $0.hasPrefix(kind) } }

  /// Starts a process under a name, such as `worker 1`.
  package func add(_ name: String, _ start: @escaping Start) async throws {
    starts[name] = start
    processes[name] = try await start(nil)
  }

  /// The process id of a program that runs.
  package func pid(of name: String) -> Int32? { processes[name]?.childPID }

  /// Kills a program with SIGKILL.
  ///
  /// - Returns: When it was killed; it is gone by now.
  package func kill(_ name: String) async -> ContinuousClock.Instant {
    let killedAt = ContinuousClock.now
    processes[name]?.killProgram()
    _ = await processes[name]?.exitStatus
    return killedAt
  }

  /// Asks a program with SIGTERM to end, and waits until it has; after the limit it is killed.
  ///
  /// - Returns: How long that took, and its exit status; `nil` when it does not run.
  package func terminate(
    _ name: String, within limit: Duration
  ) async throws -> (took: Duration, code: Int32)? {
    guard let process = processes[name], process.exitStatusIfEnded == nil else { return nil }
    let askedAt = ContinuousClock.now
    Glibc.kill(process.childPID, SIGTERM)
    while process.exitStatusIfEnded == nil, .now - askedAt < limit {
      try await Task.sleep(for: .milliseconds(20))
    }
    let took = ContinuousClock.now - askedAt
    process.killProgram()
    return (took, await process.exitStatus.code)
  }

  /// Whether a program that was started has ended by itself or was killed.
  package func hasEnded(_ name: String) -> Bool {
    processes[name].map { $0.exitStatusIfEnded != nil } ?? false
  }

  /// Starts it again.
  package func restart(_ name: String, failpoints: String? = nil) async throws {
    processes[name] = try await starts[name]?(failpoints)
  }

  /// Starts it with a failpoint that kills it, and again without once it has died.
  ///
  /// - Parameter mourn: Called with its process id each time that it is dead.
  /// - Returns: When it died; `nil` when it did not within the time.
  package func restart(
    _ name: String, dyingAt failpoint: String, within limit: Duration,
    _ mourn: @Sendable (_ pid: Int32) async throws -> Void = { _ in }
  ) async throws -> ContinuousClock.Instant? {
    _ = await kill(name)
    if let pid = processes[name]?.childPID { try await mourn(pid) }
    try await restart(name, failpoints: "\(failpoint):kill")
    let deadline = ContinuousClock.now + limit
    while processes[name]?.exitStatusIfEnded == nil, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    let hasDied = processes[name]?.exitStatusIfEnded?.code == 128 + SIGKILL
    let diedAt = hasDied ? ContinuousClock.now : nil
    if !hasDied { _ = await kill(name) }
    if let pid = processes[name]?.childPID { try await mourn(pid) }
    try await restart(name)
    return diedAt
  }

  /// Stops a program with SIGSTOP for a time.
  package func freeze(_ name: String, for time: Duration) async throws {
    guard let pid = processes[name]?.childPID else { return }
    Glibc.kill(pid, SIGSTOP)
    // Cancelled or not, it must go on.
    defer { Glibc.kill(pid, SIGCONT) }
    try await Task.sleep(for: time)
  }

  /// Starts it again with a failpoint that stops it there, and lets it go on after a time; if it
  /// does not come there within 10 s, it is stopped wherever it is.
  package func freeze(_ name: String, at failpoint: String, for time: Duration) async throws {
    _ = await kill(name)
    try await restart(name, failpoints: "\(failpoint):stop")
    let deadline = ContinuousClock.now + .seconds(10)
    while !areStopped([name]), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await freeze(name, for: time)
  }

  /// Whether all of them were stopped with SIGSTOP.
  package func areStopped(_ names: [String]) -> Bool {
    names.allSatisfy { name in
      guard let pid = processes[name]?.childPID else { return false }
      // A process that is gone is not stopped.
      let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      return status.split(separator: ")").last?.split(separator: " ").first == "T"
    }
  }

  /// Ends all in order, side by side.
  package func stopAll() async {
    await withTaskGroup(of: Void.self) { group in
      for process in processes.values { group.addTask { await process.stop() } }
    }
    processes = [:]
  }
}
