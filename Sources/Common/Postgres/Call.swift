/// One round trip on one connection.
struct Call: Sendable {
  /// How a call relates to a transaction.
  enum Scope: Sendable, Equatable {
    /// All of it commits by itself.
    case autocommit
    /// Opens a transaction with this statement and leaves it open.
    case opening(String)
    /// Goes on in the open transaction.
    case inside
    /// Rolls the open transaction back.
    case rollback
  }

  var statements: [SQL]
  var scope: Scope
  /// Whether COMMIT follows the statements.
  var commits = false
  /// From the call's start to the client's own cancel request.
  var timeout: Duration
  /// Whether the cancellation of the task cancels the call.
  var isCancellable = true
}

/// What one statement gave.
struct StatementResult: Sendable {
  var rows: [Row] = []
  var affectedRows = 0
}

/// One command of a call, in the order sent.
enum CallStep: Sendable {
  case control(String)
  case deallocate(String)
  case prepare(StatementCache.Key, name: String, statement: Int)
  case execute(name: String, statement: Int)
  case commit

  var statement: Int? {
    switch self {
    case .prepare(_, _, let statement), .execute(_, let statement): statement
    case .control, .deallocate, .commit: nil
    }
  }
}

extension StatementCache {
  /// The commands of a call: BEGIN, clean-up, what is not yet prepared, statements, COMMIT.
  mutating func plan(_ call: Call) -> [CallStep] {
    var steps: [CallStep] = []
    if case .opening(let begin) = call.scope { steps.append(.control(begin)) }
    if call.scope == .rollback { steps.append(.control("ROLLBACK")) }
    if !call.statements.isEmpty { steps += dropped.map { .deallocate($0) } }
    var new: [Key: String] = [:]
    for (index, statement) in call.statements.enumerated() {
      let key = Key(statement)
      if let name = name(of: key) ?? new[key] {
        steps.append(.execute(name: name, statement: index))
      } else {
        let name = newName()
        new[key] = name
        steps.append(.prepare(key, name: name, statement: index))
        steps.append(.execute(name: name, statement: index))
      }
    }
    if call.commits { steps.append(.commit) }
    return steps
  }
}

/// What is known of a call's outcome while its answers are read. Pure.
struct CallProgress {
  private let scope: Call.Scope
  private let commits: Bool
  private let statementCount: Int
  private(set) var results: [StatementResult]
  /// The first error of the server that left the connection whole.
  private(set) var failure: PostgresError?
  private var completed = 0

  init(_ call: Call) {
    scope = call.scope
    commits = call.commits
    statementCount = call.statements.count
    results = Array(repeating: StatementResult(), count: call.statements.count)
  }

  mutating func complete(_ statement: Int, _ result: StatementResult) {
    results[statement] = result
    completed += 1
  }

  mutating func fail(_ error: PostgresError, statement: Int?) {
    guard failure == nil else { return }
    failure = error
    failure?.statementIndex = statement
  }

  /// The error of a call whose connection is lost: what is certain about its transaction.
  ///
  /// - Parameters:
  ///   - error: What libpq or the server said last.
  ///   - isServersWord: Whether the server ended the session in place of an answer, so that the
  ///     statement it was at did not finish.
  func loss(_ error: PostgresError, isServersWord: Bool) -> PostgresError {
    if let failure { return failure }
    let isAllDone = completed == statementCount
    let mayBeCommitted: Bool
    if commits {
      mayBeCommitted = !isServersWord || isAllDone
    } else {
      mayBeCommitted = scope == .autocommit && (!isServersWord || isAllDone)
    }
    var loss = error
    loss.code = mayBeCommitted ? .commitUnknown : .connectionLost
    if mayBeCommitted {
      loss.message = "the connection was lost before the outcome of the commit was known"
    }
    return loss
  }
}
