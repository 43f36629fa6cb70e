import Glibc
import Jobs

/// The users' workspaces: `<data root>/users/<user id>/workspace`.
struct Workspaces: Sendable {
  private let dataRoot: String
  private let calls: ConfinedCalls

  /// - Parameter dataRoot: An absolute path that the operator chose; links on it are followed.
  init(dataRoot: String, calls: ConfinedCalls = .system) {
    self.dataRoot = dataRoot
    self.calls = calls
  }

  /// Opens a user's workspace and makes it, with mode 0700, when it is not there.
  ///
  /// - Throws: ``StepFailure``: `refused`, `sandbox_unavailable` on a kernel without openat2;
  ///   `internal`, `workspace_unavailable` when the data root cannot be used; `transient`,
  ///   `storage_full` and the like.
  func workspace(of user: UserID) throws -> Workspace {
    do {
      let root = open(dataRoot, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard root >= 0 else { throw SystemCallError() }
      let confined = ConfinedDirectory(Descriptor(owning: root), calls)
      let directory = try confined.makeDirectories(["users", user.description, "workspace"])
      return Workspace(directory)
    } catch let error as SystemCallError {
      throw Self.failure(error)
    }
  }

  private static func failure(_ error: SystemCallError) -> StepFailure {
    let failure = error.failure(path: ".")
    if failure.isRetryable || failure.code == "sandbox_unavailable" { return failure }
    return StepFailure(
      .internalError, code: "workspace_unavailable",
      message: "The workspace cannot be opened; the operator has to look at the data root.")
  }
}
