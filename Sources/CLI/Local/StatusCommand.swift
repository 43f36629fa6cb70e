import ArgumentParser
import Foundation
import HTTP
import Jobs
import LocalServices

/// `openclaw status`: what `openclaw up` runs, and whether the gateway is ready.
struct StatusCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what runs on this machine.",
    discussion: "Exits 0 when everything runs and the gateway is ready, else 69.")

  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(on console: Console) async throws -> ExitStatus {
    let paths = try LocalPaths.resolve()
    guard let record = RunRecord.read(from: DataRoot(existing: paths.dataRoot)) else {
      throw CommandError(
        .unreachable, type: "not_running", "nothing runs in \(paths.dataRoot.path)",
        hint: "start it with `openclaw up`")
    }
    var isReady = false
    if let url = record.gatewayURL { isReady = await Self.isReady(url) }
    let document = JSONValue.object([
      "pid": .integer(Int64(record.pid)),
      "gateway_url": record.gatewayURL.map { .string($0) } ?? .null,
      "ready": .bool(isReady),
      "parts": .array(
        record.parts.map {
          .object([
            "name": .string($0.name), "state": .string($0.state), "detail": .string($0.detail),
          ])
        }),
    ])
    try console.show(document) { Self.table(record, isReady: isReady, console) }
    let allRun = record.parts.allSatisfy { $0.state == "running" }
    return isReady && allRun ? .ok : .unreachable
  }

  private static func table(_ record: RunRecord, isReady: Bool, _ console: Console) -> String {
    var table = TextTable("PART", "STATE", "DETAIL")
    for part in record.parts { table.add(part.name, part.state, part.detail) }
    let trouble = record.gatewayURL == nil ? "the servers run alone" : "see /readyz"
    table.add(
      "api", isReady ? "ready" : "not ready", isReady ? record.gatewayURL ?? "" : trouble)
    return table.text(isColored: console.isColored)
  }

  private static func isReady(_ url: String) async -> Bool {
    let request = HTTPRequest(.get, url: url + "/readyz", timeout: .seconds(3))
    // No answer means that it is not ready, which is all that is asked.
    return (try? await HTTPClient().send(request))?.status == 200
  }
}
