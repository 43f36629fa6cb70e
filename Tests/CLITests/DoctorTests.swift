import Foundation
import Jobs
import Testing

@testable import openclaw

struct DoctorTests {
  @Test func settingsAreNamedAsTheyAreRead() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Common/ServiceSupport").standardizedFileURL
    var read: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix("Settings.swift") {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      for match in text.matches(of: /"([a-z]+\.[a-z_]+|topology)"/) { read.insert("\(match.1)") }
      // A secret may also come from a file that a setting names.
      for match in text.matches(of: /secret\("([a-z._]+)"/) { read.insert("\(match.1)_file") }
      for match in text.matches(of: /connection\(\s*"([a-z._]+)"/) {
        read.insert("\(match.1)_file")
      }
    }
    #expect(read == ConfigurationCheck.keys)
  }

  @Test func aSlipInTheConfigurationIsFound() {
    let paths = SettingPaths(
      yaml: """
        # a comment: no setting
        gateway:
          port: 18789   # with a comment
          hots: localhost
        worker: {pools: "agent.main", concurrency: 2}
        log.level: debug
        data:
          root: /x
        """
    ).paths
    #expect(
      paths == [
        "gateway.port", "gateway.hots", "worker.pools", "worker.concurrency", "log.level",
        "data.root",
      ])
    #expect(paths.filter { !ConfigurationCheck.keys.contains($0) } == ["gateway.hots"])
  }

  @Test func theListenerOfAPortIsReadFromTheKernelsTable() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:4965 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 11 1
         1: 0100007F:4965 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1
      """
    #expect(PortOwner.socket(listeningOn: 18789, in: table) == "22")
    #expect(PortOwner.socket(listeningOn: 18790, in: table) == nil)
  }

  @Test func whoListensHereIsFound() async throws {
    try await ScriptedGateway.run { gateway in
      let owner = PortOwner.of(UInt16(gateway.port))
      #expect(owner?.name.hasPrefix("python3") == true)
    }
  }

  @Test func aDataRootThatIsOpenToOthersIsTold() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appending(path: "keys"), withIntermediateDirectories: true)
    defer {
      // A folder that stays behind is no failure of what is tested.
      try? FileManager.default.removeItem(at: folder)  // as said above
    }
    let key = folder.appending(path: "keys/master.key").path
    try Data("no key".utf8).write(to: URL(filePath: key))
    chmod(folder.path, 0o777)
    chmod(key, 0o644)
    let findings = DataRootCheck(root: folder).findings()
    let states = Dictionary(findings.map { ($0.name, $0.state) }) { $1 }
    #expect(states == ["data root": .warn, "master key": .fail, "secrets": .fail])
    #expect(findings.allSatisfy { $0.mend?.contains("chmod") == true })
    let missing = DataRootCheck(root: folder.appending(path: "none")).findings()
    #expect(missing.map(\.state) == [.warn])
  }

  @Test func aFindingSaysWhatToDo() {
    let finding = Finding.fail("disk", "full", mend: "make room")
    #expect(
      finding.lines.map { $0.text(width: .max, isColored: false) } == [
        "  ✗ disk          full", "                  → make room",
      ])
    #expect(finding.document["state"] == "fail" && finding.document["mend"] == "make room")
  }
}
