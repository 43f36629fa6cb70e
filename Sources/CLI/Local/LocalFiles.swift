import Foundation
import LocalServices

/// Files of the checkout that commands of this machine need.
enum LocalFiles {
  /// `queues/topology.yaml`: `OPENCLAW_TOPOLOGY`, here, or above the executable.
  static func topology() throws -> URL {
    if let named = ProcessInfo.processInfo.environment["OPENCLAW_TOPOLOGY"] {
      return URL(filePath: named)
    }
    return try find("queues/topology.yaml")
  }

  /// The project's README.
  static func readme() throws -> URL { try find("README.md") }

  private static func find(_ name: String) throws -> URL {
    let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    var folders = [URL(filePath: FileManager.default.currentDirectoryPath)]
    var folder = executable.deletingLastPathComponent()
    while folder.path != "/" {
      folders.append(folder)
      folder = folder.deletingLastPathComponent()
    }
    let found = folders.map { $0.appending(path: name) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
    guard let found else {
      throw LocalSystemError("there is no \(name) here or above the program")
    }
    return found
  }
}
