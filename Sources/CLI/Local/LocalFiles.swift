import Foundation
import ServiceSupport

/// Files of the checkout that commands of this machine need.
enum LocalFiles {
  /// `queues/topology.yaml`: `OPENCLAW_TOPOLOGY`, else where every process of the system finds it.
  static func topology() throws -> URL {
    let named = ProcessInfo.processInfo.environment["OPENCLAW_TOPOLOGY"]
    guard let path = named ?? Settings.findTopology() else {
      throw LocalSystemError("there is no queues/topology.yaml here or above the program")
    }
    return URL(filePath: path)
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
