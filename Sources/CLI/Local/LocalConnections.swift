import Foundation
import LocalServices

/// Files in the data root through which other processes of this machine find the private servers:
/// the default of the settings `database.url` and `amqp.url`.
struct LocalConnections {
  let root: DataRoot

  var operatorToken: URL { root.url.appending(path: "operator.token") }
  var masterKey: URL { root.keys.appending(path: "master.key") }

  /// Writes both URLs, readable by the owner alone.
  func write(databaseURL: String, amqpURL: String) throws {
    try Self.writeSecret(databaseURL, to: root.keys.appending(path: "database.url"))
    try Self.writeSecret(amqpURL, to: root.keys.appending(path: "amqp.url"))
  }

  /// Replaces a file of mode 0600 in one step.
  static func writeSecret(_ text: String, to file: URL) throws {
    let temporary = file.appendingPathExtension("new")
    try? FileManager.default.removeItem(at: temporary)  // left by a crash, if there
    let isMade = FileManager.default.createFile(
      atPath: temporary.path, contents: Data((text + "\n").utf8),
      attributes: [.posixPermissions: 0o600])
    guard isMade, rename(temporary.path, file.path) == 0 else {
      throw LocalSystemError("cannot write \(file.path): \(String(cString: strerror(errno)))")
    }
  }
}
