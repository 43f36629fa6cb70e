import ArgumentParser
import Foundation
import Jobs
import LocalServices
import Security
import Storage

/// `openclaw tokens …`, on the database's side.
struct TokensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Create, list and revoke API tokens (needs the database).",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a token for a user.",
      discussion: "The secret is shown once and stored nowhere, or written to --file (mode 0600).")

    @Argument(help: "The user's name.") var user: String
    @Option(help: "What it is for.") var name = "cli"
    @Option(help: "Days that it is valid.") var days = 7
    @Option(help: "Write the secret there instead of showing it; must not exist.")
    var file: String?
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
      guard (1...3650).contains(days) else { throw ValidationError("--days takes 1 to 3650") }
      guard (1...64).contains(name.utf8.count) else {
        throw ValidationError("--name takes 1 to 64 bytes")
      }
    }

    func perform(on console: Console) async throws -> ExitStatus {
      let (user, name, days, file) = (user, name, days, file)
      if let file, FileManager.default.fileExists(atPath: file) {
        throw CommandError(.conflict, type: "exists", "\(file) exists already")
      }
      let (secret, token) = try await AdminDatabase.with { pool, keys in
        let store = IdentityStore(pool: pool, hasher: TokenHasher(keys))
        guard let owner = try await store.user(named: user), owner.disabledAt == nil else {
          throw CommandError(.notFound, type: "not_found", "there is no active user \(user)")
        }
        let made = try await store.createToken(
          for: owner.id, named: name, lifetime: .seconds(days * 86_400))
        guard let file else { return made }
        do {
          try SecretFile.write(made.secret.secret + "\n", to: URL(filePath: file))
        } catch {
          // A token that nobody holds shall not stay valid.
          _ = try await store.revokeToken(made.record.id)
          throw CommandError.usage("\(error)")
        }
        return made
      }
      if let file {
        try console.show(token.json) { "token \(token.id) is in \(file)" }
        return .ok
      }
      guard case .object(var members) = token.json else { return .failed }
      members["token"] = .string(secret.secret)
      try console.show(.object(members)) { secret.secret }
      console.remark("shown once; valid until \(token.expiresAt.shown)")
      return .ok
    }
  }

  struct List: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "List tokens, without their secrets.")

    @Option(help: "Only this user's.") var user: String?
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      let name = user
      let tokens = try await AdminDatabase.with { pool, keys in
        let store = IdentityStore(pool: pool, hasher: TokenHasher(keys))
        guard let name else { return try await store.tokens(of: nil) }
        guard let owner = try await store.user(named: name) else {
          throw CommandError(.notFound, type: "not_found", "there is no user \(name)")
        }
        return try await store.tokens(of: owner.id)
      }
      try console.show(tokens.map(\.json), of: .object(["items": .array(tokens.map(\.json))])) {
        var table = TextTable("ID", "USER", "NAME", "CREATED", "EXPIRES", "REVOKED")
        for token in tokens {
          table.add(
            token.id.description, token.userName, token.name, token.createdAt.shown,
            token.expiresAt.shown, token.revokedAt?.shown ?? "")
        }
        return table.text(isColored: console.isColored)
      }
      return .ok
    }
  }

  struct Revoke: OpenClawCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a token; it stops working within a second.")

    @Argument(help: "The token's id, from `tokens list`.") var id: String
    @OptionGroup(title: "Output") var output: OutputOptions

    func perform(on console: Console) async throws -> ExitStatus {
      guard let token = TokenID(id) else {
        throw CommandError.usage("\(id) is no token's id", hint: "see `openclaw tokens list`")
      }
      let isDone = try await AdminDatabase.with { pool, keys in
        try await IdentityStore(pool: pool, hasher: TokenHasher(keys)).revokeToken(token)
      }
      guard isDone else {
        throw CommandError(.notFound, type: "not_found", "there is no active token \(token)")
      }
      try console.show(["token": .string("\(token)"), "revoked": true]) {
        "token \(token) is revoked"
      }
      return .ok
    }
  }
}

extension TokenRecord {
  fileprivate var json: JSONValue {
    .object([
      "id": .string(id.description), "user": .string(userName), "name": .string(name),
      "created_at": .string(createdAt.shown), "expires_at": .string(expiresAt.shown),
      "revoked_at": revokedAt.map { .string($0.shown) } ?? .null,
    ])
  }
}
