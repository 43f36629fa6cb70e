import Foundation
import Jobs
import Logging
import Postgres
import Security
import ServiceSupport
import Storage

/// The database as administrators' commands use it: found like the gateway finds it.
enum AdminDatabase {
  /// Gives the body a pool for a moment.
  ///
  /// - Throws: ``CommandError`` for a missing setting or a database that does not answer.
  static func with<Result: Sendable>(
    _ body: @Sendable (PostgresPool, [MasterKey]) async throws -> Result
  ) async throws -> Result {
    do {
      let settings = try Settings(try await SettingsReader())
      let keys = try KeyFile.read(settings.keyFile)
      let configuration = try PostgresConfiguration(
        url: settings.databaseURL, applicationName: "openclaw")
      let logger = Logger(label: "openclaw") { _ in SwiftLogNoOpLogHandler() }
      return try await PostgresPool.withPool(configuration, logger: logger) {
        try await body($0, keys)
      }
    } catch let error as SettingsError {
      throw CommandError.usage(error.description)
    } catch let error as KeyFileError {
      throw CommandError.usage(error.description)
    } catch let error as PostgresError {
      throw describe(error)
    }
  }

  private static func describe(_ error: PostgresError) -> CommandError {
    switch error.code {
    case .uniqueViolation:
      CommandError(.conflict, type: "exists", "that name is taken")
    case .foreignKeyViolation:
      CommandError.usage("there is no such role", hint: "operator, user or viewer")
    case .connectFailed, .connectionLost, .poolTimeout:
      CommandError(
        .unreachable, type: "database_unreachable", "\(error)",
        hint: "is `openclaw up` running, or DATABASE_URL right?")
    default:
      CommandError(.failed, type: "database", "\(error)")
    }
  }
}
