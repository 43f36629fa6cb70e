public import Foundation

/// Where this installation's programs and data lie.
public struct LocalPaths: Sendable {
  /// The data root, see `DataRoot`.
  public var dataRoot: URL
  /// What `scripts/setup.sh` has installed: `postgres-16.14/bin` and so on.
  public var tools: URL
  /// Absolute path of the `openclaw-guard` executable.
  public var guardPath: String

  /// The version that `scripts/setup.sh` installs.
  static let postgresVersion = "16.14"

  /// The folder with PostgreSQL's programs.
  var postgresPrograms: URL { tools.appending(path: "postgres-\(Self.postgresVersion)/bin") }

  /// Paths chosen by hand, for tests.
  public init(dataRoot: URL, tools: URL, guardPath: String) {
    self.dataRoot = dataRoot
    self.tools = tools
    self.guardPath = guardPath
  }

  /// Finds everything from the environment and the place of this executable.
  ///
  /// - `OPENCLAW_DATA_ROOT`; else `/var/lib/openclaw` for root and `.openclaw` in the checkout, or in
  ///   the home folder where there is no checkout, for others.
  /// - `OPENCLAW_TOOLS`; else `/var/lib/openclaw-tools` for root and `.openclaw-tools` beside the
  ///   above for others, as in `scripts/setup.sh`.
  /// - `OPENCLAW_GUARD`; else `openclaw-guard` beside this executable, or beside the test bundle.
  ///
  /// - Throws: `LocalServiceError` with `missingProgram` when there is no guard.
  public static func resolve(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> LocalPaths {
    let isRoot = geteuid() == 0
    let base = checkout() ?? URL(filePath: environment["HOME"] ?? NSHomeDirectory())
    func folder(_ key: String, root: String, other: String) -> URL {
      if let chosen = environment[key], !chosen.isEmpty { return URL(filePath: chosen) }
      return isRoot ? URL(filePath: root) : base.appending(path: other)
    }
    return LocalPaths(
      dataRoot: folder("OPENCLAW_DATA_ROOT", root: "/var/lib/openclaw", other: ".openclaw"),
      tools: folder(
        "OPENCLAW_TOOLS", root: "/var/lib/openclaw-tools", other: ".openclaw-tools"),
      guardPath: try guardPath(environment))
  }

  /// The folder above this executable, else above the working directory, that has a Package.swift.
  static func checkout() -> URL? {
    for start in [programFolder(), FileManager.default.currentDirectoryPath] {
      var folder = URL(filePath: start).standardizedFileURL
      while folder.path != "/" {
        let manifest = folder.appending(path: "Package.swift").path
        if FileManager.default.fileExists(atPath: manifest) { return folder }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }

  private static func guardPath(_ environment: [String: String]) throws -> String {
    var candidates = [environment["OPENCLAW_GUARD"] ?? ""]
    candidates.append(programFolder() + "/openclaw-guard")
    // swift test runs a helper of the toolchain and gives it the path of the built tests.
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      let bundle = URL(filePath: argument).standardizedFileURL
      candidates.append(bundle.deletingLastPathComponent().path + "/openclaw-guard")
    }
    let found = candidates.first { !$0.isEmpty && access($0, X_OK) == 0 }
    guard let found else {
      throw LocalServiceError(
        .missingProgram, "there is no openclaw-guard in \(programFolder()): run `make build`")
    }
    return URL(filePath: found).standardizedFileURL.path
  }

  private static func programFolder() -> String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
  }
}
