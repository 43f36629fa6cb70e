import Glibc
import Testing

@testable import Observability

@Suite struct ProcessMetricsTests {
  @Test func aProgramMayBeCalledAnything() throws {
    let stat = try #require(
      ProcessStat(
        "42 (a) S (b c) R 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 12345 4096000 77 "
          + "18446744073709551615 1 1 0 0 0\n"))
    #expect(stat.cpuTicks == 200)
    #expect(stat.threads == 9)
    #expect(stat.startTicks == 12345)
    #expect(stat.virtualBytes == 4_096_000)
    #expect(stat.residentPages == 77)
  }

  @Test func anUnknownFormIsNoReading() {
    for text in ["", "42 (a", "42 (a) R 1 2", "42 (a) R" + String(repeating: " x", count: 30)] {
      #expect(ProcessStat(text) == nil)
    }
    #expect(ProcessStat.bootTime("cpu 1 2\nbtime 1700000000\nprocesses 5\n") == 1_700_000_000)
    #expect(ProcessStat.bootTime("cpu 1 2\n") == nil)
  }

  @Test func thisProcessHasPlausibleFigures() throws {
    var snapshot = MetricSnapshot()
    ProcessMetrics.read(into: &snapshot)
    let resident = try #require(snapshot.value(.processResidentMemory))
    #expect(resident > 1_000_000)
    #expect(try #require(snapshot.value(.processVirtualMemory)) >= resident)
    #expect(try #require(snapshot.value(.processThreads)) >= 1)
    #expect(try #require(snapshot.value(.processCPU)) >= 0)
    #expect(try #require(snapshot.value(.processOpenFiles)) >= 3)
    let started = try #require(snapshot.value(.processStartTime))
    // The boot time of /proc/stat is a whole second.
    #expect(started <= Double(time(nil)) + 2 && started > Double(time(nil)) - 7 * 86400)
  }

  @Test func anOpenFileCounts() throws {
    var before = MetricSnapshot()
    ProcessMetrics.read(into: &before)
    let files = (0..<100).map { _ in open("/dev/null", O_RDONLY) }
    defer { for file in files { close(file) } }
    var after = MetricSnapshot()
    ProcessMetrics.read(into: &after)
    let difference =
      try #require(after.value(.processOpenFiles)) - #require(before.value(.processOpenFiles))
    // Other tests open and close some at the same time.
    #expect((80...120).contains(difference))
  }
}
