import Foundation
import Jobs
import LocalServices

/// What `openclaw up` runs now, in `run/up.json`, for `status` and `down`.
struct RunRecord: Sendable {
  /// The process of `openclaw up`.
  let pid: Int32
  /// Where the gateway listens; `nil` when the servers run alone.
  let gatewayURL: String?
  var parts: [Part] = []

  /// One part of the system.
  struct Part: Sendable {
    let name: String
    /// `starting`, `running`, `restarting` or `stopped`.
    var state: String
    var detail: String
  }

  private static func file(in root: DataRoot) -> URL { root.run.appending(path: "up.json") }

  /// Notes what became of a part.
  mutating func set(_ name: String, _ state: String, _ detail: String = "") {
    let part = Part(name: name, state: state, detail: detail)
    if let index = parts.firstIndex(where: { $0.name == name }) {
      parts[index] = part
    } else {
      parts.append(part)
    }
  }

  /// Forgets a part.
  mutating func remove(_ name: String) { parts.removeAll { $0.name == name } }

  func write(to root: DataRoot) throws {
    let json = JSONValue.object([
      "pid": .integer(Int64(pid)), "gateway_url": gatewayURL.map { .string($0) } ?? .null,
      "parts": .array(
        parts.map {
          .object([
            "name": .string($0.name), "state": .string($0.state), "detail": .string($0.detail),
          ])
        }),
    ])
    try Data(json.json).write(to: Self.file(in: root), options: .atomic)
  }

  static func remove(from root: DataRoot) {
    try? FileManager.default.removeItem(at: file(in: root))  // gone already is as good
  }

  /// The record of an `openclaw up` that still runs; `nil` when none does.
  static func read(from root: DataRoot) -> RunRecord? {
    guard let data = FileManager.default.contents(atPath: file(in: root).path),
      let json = try? JSONValue(json: data),  // half a file counts as none
      let pid = json["pid"]?.int.flatMap({ Int32(exactly: $0) }), isUp(pid)
    else { return nil }
    var record = RunRecord(pid: pid, gatewayURL: json["gateway_url"]?.text)
    for part in json["parts"]?.elements ?? [] {
      record.set(
        part["name"]?.text ?? "", part["state"]?.text ?? "", part["detail"]?.text ?? "")
    }
    return record
  }

  /// Whether the process is there and is an `openclaw`, not another one that got its number.
  static func isUp(_ pid: Int32) -> Bool {
    let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm") ?? Data()
    return String(decoding: name, as: UTF8.self).hasPrefix("openclaw")
  }
}
