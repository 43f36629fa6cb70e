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
    try SecretFile.write(databaseURL + "\n", to: root.keys.appending(path: "database.url"))
    try SecretFile.write(amqpURL + "\n", to: root.keys.appending(path: "amqp.url"))
  }
}
