import Glibc
import Jobs

/// One user's files. Whatever a path is made of, nothing outside is read, listed or written.
struct Workspace: ~Copyable {
  let root: ConfinedDirectory

  init(_ root: consuming ConfinedDirectory) { self.root = root }

  /// Does something with the file system and tells its errors in the user's words.
  func telling<Value>(
    _ path: WorkspacePath, _ body: (borrowing ConfinedDirectory) throws -> Value
  ) throws -> Value {
    do {
      return try body(root)
    } catch let error as SystemCallError {
      throw error.failure(path: path.text)
    }
  }

  /// Says no to what may not be read or replaced as a file.
  static func check(_ status: FileStatus, _ path: WorkspacePath) throws {
    switch status.kind {
    case .file: return
    case .directory: throw StepFailure.isDirectory(path.quoted)
    case .link: throw WorkspacePath.outside(path.text)
    case .other: throw StepFailure.notRegular(path.quoted)
    }
  }
}
