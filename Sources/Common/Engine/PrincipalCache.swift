public import Jobs
public import Security
public import ServiceLifecycle
public import Storage
import Synchronization

/// Whom tokens prove, known for less than a second.
///
/// A revoked token thus stops working within a second on every node, without anyone telling them.
/// Tokens that are not known share one statement with those that ask at the same time.
public final class PrincipalCache: Service {
  /// How long an answer serves; with the statement's own time it stays below a second.
  static let lifetime: Duration = .milliseconds(800)
  /// So that guessed tokens cannot fill the memory.
  static let capacity = 10_000

  private struct Entry {
    let principal: Principal?
    let readAt: ContinuousClock.Instant
  }

  private let hasher: TokenHasher
  private let identities: IdentityStore
  private let lookups: Batcher<[[UInt8]], Principal?>
  // By the secrets themselves, in memory alone: hashing one costs as much as all else here.
  private let entries = Mutex<[String: Entry]>([:])

  /// What is not known waits for ``run()``.
  public init(identities: IdentityStore, hasher: TokenHasher) {
    self.hasher = hasher
    self.identities = identities
    lookups = Batcher(limit: 256, flushers: 2) { await Self.answers(to: $0, from: identities) }
  }

  /// Asks the database for what is not known, until shutdown.
  public func run() async throws { try await lookups.run() }

  /// Whom a token proves; `nil` when it is unknown, expired or revoked, or its user is disabled.
  ///
  /// - Throws: `PostgresError`; `BatcherStopped` after shutdown.
  public func principal(for token: BearerToken) async throws -> Principal? {
    let now = ContinuousClock.now
    if let known = entries.withLock({ $0[token.secret] }), now - known.readAt < Self.lifetime {
      return known.principal
    }
    let principal = try await lookups.submit(hasher.candidates(token))
    entries.withLock { entries in
      if entries.count >= Self.capacity {
        entries = entries.filter { now - $0.value.readAt < Self.lifetime }
        if entries.count >= Self.capacity { entries = [:] }
      }
      // As old as the question: it may have been answered before a revocation since.
      entries[token.secret] = Entry(principal: principal, readAt: now)
    }
    return principal
  }

  /// What is known of a token that is in force; `nil` for any other. Asked for each time.
  ///
  /// - Throws: `PostgresError`.
  public func terms(of token: TokenID) async throws -> TokenTerms? {
    try await identities.terms(of: token)
  }

  private static func answers(
    to questions: [[[UInt8]]], from identities: IdentityStore
  ) async -> [Result<Principal?, any Error>] {
    do {
      let principals = try await identities.principals(of: questions.flatMap(\.self))
      return questions.map { candidates in
        .success(candidates.lazy.compactMap { principals[$0] }.first)
      }
    } catch {
      return questions.map { _ in .failure(error) }
    }
  }
}
