import Testing

@testable import LocalServices

/// A service whose ends the test decides.
private actor ScriptedService: LocalService {
  nonisolated let name = "scripted"
  private(set) var starts = 0
  private(set) var stops = 0
  private var failures: Int
  private var early: ProcessExit?
  private var running: CheckedContinuation<ProcessExit, Never>?

  init(failuresToStart: Int = 0) { failures = failuresToStart }

  func start() async throws {
    starts += 1
    guard failures > 0 else { return }
    failures -= 1
    throw LocalServiceError(.exited, "scripted failure")
  }

  func waitUntilEnded() async -> ProcessExit {
    if let early { return take(early) }
    return await withCheckedContinuation { running = $0 }
  }

  func stop() {
    stops += 1
    end(0)
  }

  /// Ends the run, also one that nobody waits for yet.
  func end(_ code: Int32) {
    guard let running else {
      early = ProcessExit(code: code)
      return
    }
    self.running = nil
    running.resume(returning: ProcessExit(code: code))
  }

  private func take(_ status: ProcessExit) -> ProcessExit {
    early = nil
    return status
  }
}

@Suite struct SupervisedServiceTests {
  private let quick = RestartPolicy(firstDelay: .zero, longestDelay: .zero)

  @Test func aServiceThatEndsIsStartedAgain() async {
    let service = ScriptedService()
    let supervised = SupervisedService(service, policy: quick)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervised.run() }
      var transcript: [String] = []
      for await event in supervised.events {
        switch event {
        case .started where transcript.count == 4: group.cancelAll()
        case .started: transcript.append("started")
        case .ended(_, let status, _): transcript.append("ended \(status.code)")
        case .startFailed: transcript.append("failed")
        case .stopped: transcript.append("stopped")
        }
        if case .started = event, transcript.last == "started" { await service.end(9) }
      }
      #expect(
        transcript == ["started", "ended 9", "started", "ended 9", "stopped"])
    }
  }

  @Test func aFailedStartIsReportedAndTriedAgain() async {
    let service = ScriptedService(failuresToStart: 2)
    let supervised = SupervisedService(service, policy: quick)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervised.run() }
      var failures = 0
      for await event in supervised.events {
        if case .startFailed = event { failures += 1 }
        if case .started = event { group.cancelAll() }
      }
      #expect(failures == 2)
    }
    #expect(await service.starts == 3)
  }

  @Test func cancellationStopsTheServiceBeforeRunReturns() async {
    let service = ScriptedService()
    let supervised = SupervisedService(service, policy: quick)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervised.run() }
      for await event in supervised.events {
        if case .started = event { group.cancelAll() }
      }
    }
    #expect(await service.stops >= 1)
  }
}
