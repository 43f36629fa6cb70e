import Foundation
import Testing

@testable import LocalServices

@Suite struct ManagedProcessTests {
  private func shell(_ script: String, log: String? = nil) -> ProcessCommand {
    var command = ProcessCommand(
      name: "sh", executable: "sh", arguments: ["-c", script],
      environment: ["PATH": "/usr/bin:/bin"])
    command.logFile = log
    return command
  }

  private func launch(_ command: ProcessCommand) async throws -> ManagedProcess {
    try await ManagedProcess.launch(command, guardPath: LocalPaths.resolve().guardPath)
  }

  private func exists(_ pid: some StringProtocol) -> Bool {
    guard let number = Int32(pid) else { return false }
    return kill(number, 0) == 0 || errno != ESRCH
  }

  @Test func theProgramsExitStatusIsPassedOn() async throws {
    #expect(try await launch(shell("exit 7")).exitStatus == ProcessExit(code: 7))
  }

  @Test func aSignalThatEndsTheProgramIsPassedOnAs128AndItsNumber() async throws {
    #expect(try await launch(shell("kill -9 $$")).exitStatus == ProcessExit(code: 137))
  }

  @Test func aProgramThatDoesNotExistIsAnErrorThatNamesIt() async throws {
    let error = await #expect(throws: LocalServiceError.self) {
      try await launch(ProcessCommand(name: "nothing", executable: "/nonexistent/program"))
    }
    #expect(error?.code == .missingProgram)
    #expect(error?.message.contains("/nonexistent/program") == true)
  }

  @Test func stopSendsTheStopSignalFirst() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      var command = shell(
        "trap 'echo asked; exit 3' INT; echo up; while :; do sleep 0.05; done", log: log.path)
      command.stopSignal = "INT"
      let process = try await launch(command)
      #expect(await log.line() == "up")
      #expect(await process.stop() == ProcessExit(code: 3))
      #expect(await log.linesToEnd() == ["asked"])
    }
  }

  @Test func stopKillsAProgramThatIgnoresTheStopSignal() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let process = try await launch(
        shell("trap '' TERM; echo up; while :; do sleep 0.05; done", log: log.path))
      #expect(await log.line() == "up")
      #expect(await process.stop(grace: .zero) == ProcessExit(code: 137))
      #expect(await log.linesToEnd().isEmpty)
    }
  }

  @Test func theGraceOfAStopCountsAlsoForACancelledCaller() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let process = try await launch(
        shell("trap '' TERM; echo up; while :; do sleep 0.05; done", log: log.path))
      #expect(await log.line() == "up")
      let stopping = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await process.stop(grace: .milliseconds(100))
      }
      #expect(await stopping.value == ProcessExit(code: 137))
    }
  }

  @Test func descendantsThatLeftTheProcessGroupEndWithTheProgram() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let process = try await launch(
        shell("setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & wait", log: log.path))
      let daemon = try #require(await log.line())
      #expect(exists(daemon))
      await process.stop()
      #expect(!exists(daemon))
    }
  }

  @Test func descendantsEndWhenTheProgramEndsByItself() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let gate = folder.appending(path: "gate").path
      mkfifo(gate, 0o600)
      let process = try await launch(
        shell("setsid sh -c 'echo $$; exec sleep 1000' & read x < \(gate); exit 4", log: log.path))
      let daemon = try #require(await log.line())
      _ = await onThread { close(open(gate, O_WRONLY)) }
      #expect(await process.exitStatus == ProcessExit(code: 4))
      #expect(!exists(daemon))
    }
  }

  @Test func lettingTheLastReferenceGoStopsTheProgram() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      _ = try await launch(shell("echo up; exec sleep 1000", log: log.path))
      #expect(await log.linesToEnd().count <= 1)
    }
  }

  @Test func theProgramDiesWithAKilledGuard() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let process = try await launch(shell("sleep 1000 & echo up; wait", log: log.path))
      #expect(await log.line() == "up")
      process.killGuard()
      #expect(await process.exitStatus == ProcessExit(code: 137))
      #expect(await log.linesToEnd().isEmpty)
    }
  }

  @Test func theProgramInheritsNothingButStandardOutputAndError() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      let open = Pipe()
      let process = try await launch(
        shell(
          "for n in $(seq 0 99); do if test -e /proc/$$/fd/$n; then echo $n; fi; done",
          log: log.path))
      #expect(await process.exitStatus.isSuccess)
      #expect(await log.linesToEnd() == ["0", "1", "2"])
      withExtendedLifetime(open) {}
    }
  }

  @Test func aSecondProcessWithTheSamePidFileWaitsForTheEndOfTheFirst() async throws {
    try await withTemporaryFolder { folder in
      let log = LogPipe(in: folder)
      var command = shell("echo $$; exec sleep 1000", log: log.path)
      command.pidFile = folder.appending(path: "pid").path
      let first = try await launch(command)
      let firstProgram = try #require(await log.line())
      async let second = launch(command)
      first.requestStop()
      let started = try await second
      #expect(!exists(firstProgram))
      #expect(await log.line() == "\(started.childPID)")
      let written = try String(contentsOf: folder.appending(path: "pid"), encoding: .utf8)
      #expect(written == "\(started.guardPID) \(started.childPID)\n")
      await started.stop()
    }
  }
}
