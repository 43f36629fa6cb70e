public import Foundation

/// Programs that `scripts/setup.sh --test` has installed, and where this checkout is.
public enum TestTools {
  /// The folder above this file that has a `docs` folder.
  public static let checkout: URL = {
    var folder = URL(filePath: #filePath).deletingLastPathComponent()
    while folder.path != "/", !exists(folder.appending(path: "docs/METRICS.md")) {
      folder.deleteLastPathComponent()
    }
    return folder
  }()

  /// `OPENCLAW_TOOLS`; else `/var/lib/openclaw-tools` for root and `.openclaw-tools` in the
  /// checkout for others, as in `scripts/setup.sh`.
  public static let folder: URL = {
    if let chosen = ProcessInfo.processInfo.environment["OPENCLAW_TOOLS"], !chosen.isEmpty {
      return URL(filePath: chosen)
    }
    return geteuid() == 0
      ? URL(filePath: "/var/lib/openclaw-tools") : checkout.appending(path: ".openclaw-tools")
  }()

  /// The absolute path of a program such as `promtool`; `nil` when it is not installed.
  public static func path(of program: String) -> String? {
    let path = folder.appending(path: program).path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// The Python with the packages of `scripts/test-requirements.txt`.
  public static var python: String? { path(of: "python/bin/python") }

  private static func exists(_ file: URL) -> Bool {
    FileManager.default.fileExists(atPath: file.path)
  }
}
