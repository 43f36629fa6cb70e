import Foundation
import Glibc
import Jobs
import Synchronization
import Testing

@testable import Skills

/// While one thread swaps a directory for a link to a place outside, nothing outside is read or
/// written. The place is the test's own, not /etc, since the unprotected control writes there.
@Suite struct ConfinementRaceTests {
  private let bench: SkillBench
  private let outside: String

  init() async throws {
    bench = try SkillBench()
    try await bench.makeWorkspace()
    outside = bench.root + "/outside"
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
    try Data("secret".utf8).write(to: URL(filePath: outside + "/a.txt"))
    try bench.put("inside".utf8, "place/a.txt")
    #expect(symlink(outside, bench.workspace + "/link") == 0)
  }

  @Test func readsNeverGiveWhatIsOutside() async throws {
    let gone = try await whileSwapping {
      var escapes = 0
      var reads = 0
      for _ in 0..<3000 {
        let result = try? await bench.run("files.read", ["path": "place/a.txt"])  // may be refused
        if let content = result?["content"]?.text {
          content == "inside" ? (reads += 1) : (escapes += 1)
        }
      }
      return (escapes, reads)
    }
    #expect(gone.0 == 0)
    #expect(gone.1 > 0, "the race was no race: the directory was never there")
  }

  @Test func writesNeverReachWhatIsOutside() async throws {
    let written = try await whileSwapping {
      var written = 0
      for index in 0..<600 {
        let path = "place/\(index % 2 == 0 ? "" : "deep/")new-\(index).txt"
        let result = try? await bench.run(
          "files.write", ["path": .string(path), "content": "x"])  // may be refused
        written += result == nil ? 0 : 1
      }
      return written
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["a.txt"])
    #expect(written > 0, "the race was no race: the directory was never there")
  }

  @Test func withoutConfinementTheSameRaceEscapes() async throws {
    let path = bench.workspace + "/place/a.txt"
    let escaped = try await whileSwapping {
      for _ in 0..<1_000_000 {
        let content = try? String(contentsOfFile: path, encoding: .utf8)  // gone for a moment
        if content == "secret" { return true }
      }
      return false
    }
    #expect(escaped, "the control has to escape, or the tests above prove nothing")
  }

  /// Runs the body while a thread exchanges `place` and `link` as fast as it can.
  private func whileSwapping<Value>(_ body: () async throws -> Value) async throws -> Value {
    let swapper = Swapper(workspace: bench.workspace)
    swapper.start()
    defer { swapper.stop() }
    return try await body()
  }
}

private final class Swapper: Sendable {
  private let workspace: String
  private let isStopping = Atomic(false)
  private let hasStopped = DispatchSemaphore(value: 0)

  init(workspace: String) { self.workspace = workspace }

  func start() {
    Thread.detachNewThread { [self] in
      while !isStopping.load(ordering: .relaxed) {
        rename(workspace + "/place", workspace + "/aside")
        rename(workspace + "/link", workspace + "/place")
        rename(workspace + "/place", workspace + "/link")
        rename(workspace + "/aside", workspace + "/place")
      }
      hasStopped.signal()
    }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    hasStopped.wait()
  }
}
