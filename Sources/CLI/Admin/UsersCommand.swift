import ArgumentParser
import Foundation
import Jobs
import Security
import Storage

/// `openclaw users …`, on the database's side.
struct UsersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "users", abstract: "Create, list and revoke users (needs the database).",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a user; then give them a token with `tokens create`.")

    @Argument(help: "1 to 64 letters, digits, '.', '_', '-' or '@'.") var name: String
    @Option(help: "operator, user or viewer.") var role = "user"
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
      guard AccountName.isValid(name) else {
        throw ValidationError("a user's name has 1 to 64 letters, digits, '.', '_', '-' or '@'")
      }
    }

    func perform(on console: Console) async throws -> ExitStatus {
      let (name, role) = (name, role)
      let user = try await AdminDatabase.with { pool, keys in
        try await IdentityStore(pool: pool, hasher: TokenHasher(keys))
          .createUser(named: name, role: role)
      }
      try console.show(user.json) { "user \(user.name) (\(user.role)) \(user.id)" }
      return .ok
    }
  }

  struct List: OpenClawCommand {
    static let configuration = CommandConfiguration(abstract: "List all users.")

    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      let users = try await AdminDatabase.with { pool, keys in
        try await IdentityStore(pool: pool, hasher: TokenHasher(keys)).users()
      }
      try console.show(users.map(\.json), of: .object(["items": .array(users.map(\.json))])) {
        var table = TextTable("NAME", "ROLE", "CREATED", "DISABLED", "ID")
        for user in users {
          table.add(
            user.name, user.role, user.createdAt.shown, user.disabledAt?.shown ?? "",
            user.id.description)
        }
        return table.text(isColored: console.isColored)
      }
      return .ok
    }
  }

  struct Revoke: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Disable a user: tokens stop working within a second, jobs end at the next step.")

    @Argument(help: "The user's name.") var name: String
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      let name = name
      let isDone = try await AdminDatabase.with { pool, keys in
        try await IdentityStore(pool: pool, hasher: TokenHasher(keys)).revokeUser(named: name)
      }
      guard isDone else {
        throw CommandError(.notFound, type: "not_found", "there is no active user \(name)")
      }
      try console.show(["user": .string(name), "revoked": true]) {
        TerminalText.neutralized("user \(name) is revoked", keepsLines: false)
      }
      return .ok
    }
  }
}

/// The form of a user's name.
enum AccountName {
  static func isValid(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: [".", "_", "-", "@"].contains(UnicodeScalar(byte))
        }
      }
  }
}

extension UserRecord {
  fileprivate var json: JSONValue {
    .object([
      "id": .string(id.description), "name": .string(name), "role": .string(role),
      "created_at": .string(createdAt.shown),
      "disabled_at": disabledAt.map { .string($0.shown) } ?? .null,
    ])
  }
}

extension Date {
  /// RFC 3339 in UTC, to the second.
  var shown: String { formatted(.iso8601) }
}
