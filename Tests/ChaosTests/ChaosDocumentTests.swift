import Chaos
import Foundation
import TestSupport
import Testing

/// docs/CHAOS.md says what docs/chaos.json holds.
@Suite struct ChaosDocumentTests {
  @Test func theDocumentIsThatOfItsFigures() throws {
    let docs = TestTools.checkout.appending(path: "docs")
    let report = try ChaosReport(json: Data(contentsOf: docs.appending(path: "chaos.json")))
    let file = docs.appending(path: "CHAOS.md")
    if ProcessInfo.processInfo.environment["OPENCLAW_REWRITE_DOCS"] == "1" {
      try report.markdown().write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == report.markdown(),
      "OPENCLAW_REWRITE_DOCS=1 writes it anew")
  }

  @Test func aPromiseThatNoLongRunWasPutToSaysSo() throws {
    func report(isLong: String) throws -> String {
      let part = """
        {"name": "keys", "text": "", "isLong": \(isLong), "seed": 1, "commit": "c", "build": "b",
        "seconds": 1, "at": "2026-01-01T00:00:00Z", "verdicts": [{"promise": "D5", "observations": 1,
        "minimum": 1, "counts": [], "faults": [], "notes": []}]}
        """
      let machine = """
        {"cores": 2, "memory": 1, "system": "s", "build": "b", "commit": "c", "servers": {}}
        """
      let json = "{\"machine\": \(machine), \"parts\": [\(part)]}"
      return try ChaosReport(json: Data(json.utf8)).markdown()
    }
    #expect(try report(isLong: "true").contains(" | ok |"))
    #expect(try report(isLong: "false").contains(" | ok, short |"))
  }
}
