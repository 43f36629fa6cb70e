public import Jobs
import Security
import Storage

extension TestSystem {
  /// Makes another user with a token, whom gateways know from now on.
  ///
  /// - Parameter name: Not taken yet; `tester` is.
  /// - Throws: `PostgresError` with `uniqueViolation` for a taken name.
  public func addUser(named name: String) async throws -> TestUser {
    let (id, token) = try await TestUser.make(named: name, in: identities)
    return TestUser(id: id, token: token)
  }
}

/// A user of a ``TestSystem``.
public struct TestUser: Sendable, Hashable {
  /// As in the `user_id` of jobs.
  public let id: UserID
  /// The secret of a token that is valid for a day.
  public let token: String

  static func make(
    named name: String, in store: IdentityStore
  ) async throws -> (id: UserID, token: String) {
    let user = try await store.createUser(named: name, role: "operator").id
    let token = try await store.createToken(for: user, named: "t", lifetime: .seconds(86_400))
    return (user, token.secret.secret)
  }
}
