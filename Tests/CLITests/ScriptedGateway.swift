import Foundation
import HTTP
import Jobs
import TestSupport

@testable import openclaw

/// A gateway in a process of its own whose jobs follow a script, chosen by the last digits of
/// their id or by their target's name.
struct ScriptedGateway {
  let port: Int
  private let http = HTTPClient()

  var url: String { "http://127.0.0.1:\(port)" }

  static func run<Value>(_ body: (ScriptedGateway) async throws -> Value) async throws -> Value {
    try await ScriptProcess.run(script()) { try await body(ScriptedGateway(port: $0)) }
  }

  /// The requests so far: `{"method","path","headers","body"}`, header names in lower case.
  func requests() async throws -> [JSONValue] {
    let response = try await http.send(HTTPRequest(url: "\(url)/requests"))
    return try JSONValue(json: response.body).elements ?? []
  }

  /// Waits until a request hangs.
  func waitForHanging() async throws {
    _ = try await http.send(HTTPRequest(url: "\(url)/hanging"))
  }

  static func id(_ name: String) -> String { "0199c0de-0000-7000-8000-\(name)" }

  static let watched = id("000000000001")
  static let failing = id("000000000002")
  static let cancelled = id("000000000003")
  static let endless = id("000000000004")
  static let hanging = id("000000000005")
  static let missing = id("000000000404")
  static let down = id("000000000503")
  static let cut = id("000000000006")
  static let restarted = id("000000000007")
  static let slow = id("000000000008")
  static let skill = id("000000000009")

  /// The script is a file of its own for the tests of `Terminal`, which start it themselves. What it
  /// imports lies beside it, and leaves nothing there.
  private static func script() throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Terminal")
    let path = JSONValue.string(folder.path).compact(escaping: true)
    let start = "import sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, \(path))\n"
    let script = folder.appending(path: "scripted_gateway.py")
    return start + (try String(contentsOf: script, encoding: .utf8))
  }
}
