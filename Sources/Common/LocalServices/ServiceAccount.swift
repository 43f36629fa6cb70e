import Foundation

/// The account a server runs as when its starter is root.
///
/// PostgreSQL refuses to run as root, and RabbitMQ has no need to. An ordinary user's servers run as
/// that user, without any account.
public struct ServiceAccount: Hashable, Sendable {
  /// The login name.
  public let name: String
  /// The numeric user id.
  public let uid: UInt32
  /// The numeric id of its primary group.
  public let gid: UInt32

  /// Looks an account up by name; nil where the system has none.
  public init?(named name: String) {
    guard let entry = getpwnam(name) else { return nil }
    self.init(name: name, uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
  }

  /// Looks an account up by user id; nil where the system has none.
  public init?(uid: UInt32) {
    guard let entry = getpwuid(uid) else { return nil }
    self.init(name: String(cString: entry.pointee.pw_name), uid: uid, gid: entry.pointee.pw_gid)
  }

  init(name: String, uid: UInt32, gid: UInt32) {
    self.name = name
    self.uid = uid
    self.gid = gid
  }

  /// The account for the server whose data is in `data`.
  ///
  /// The owner of data that exists already keeps it; otherwise it is the first of `preferred` that
  /// the system has. nil when the caller is not root: then the caller runs the server as itself.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot` when root finds none of them.
  static func forServer(preferred: [String], data: URL) throws -> ServiceAccount? {
    guard geteuid() == 0 else { return nil }
    var status = stat()
    if stat(data.path, &status) == 0, status.st_uid != 0,
      let owner = ServiceAccount(uid: status.st_uid)
    {
      return owner
    }
    guard let found = preferred.lazy.compactMap({ ServiceAccount(named: $0) }).first else {
      throw LocalServiceError(
        .dataRoot, "root needs one of the accounts \(preferred.joined(separator: ", "))")
    }
    return found
  }

  /// The first folder of `path`, from `/` down, that this account may not pass through.
  ///
  /// Judged by mode and owner; a folder that does not exist counts as passable.
  func firstClosedFolder(of path: URL) -> URL? {
    var folder = URL(filePath: "/")
    for component in path.standardizedFileURL.pathComponents {
      folder = component == "/" ? folder : folder.appending(path: component)
      var status = stat()
      guard stat(folder.path, &status) == 0 else { return nil }
      let needed: UInt32 = status.st_uid == uid ? 0o100 : status.st_gid == gid ? 0o010 : 0o001
      if status.st_mode & needed == 0 { return folder }
    }
    return nil
  }
}
