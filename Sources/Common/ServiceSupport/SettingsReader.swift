import Configuration
import Foundation
import Jobs
import SystemPackage

/// A setting that cannot be used: its key, its place and what is allowed, in one line.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
  /// The line for the operator.
  public let description: String

  /// The caller gives one line and keeps secret values out of it: it is printed as it is.
  public init(_ description: String) { self.description = description }
}

/// Reads settings: flags before `OPENCLAW_*` variables before `openclaw.yaml`.
///
/// A key such as `gateway.port` is the variable `OPENCLAW_GATEWAY_PORT` and the entry
/// `gateway: {port: …}` of the file. A secret may also be named by a file: `database.url_file`.
public struct SettingsReader: Sendable {
  private let reader: ConfigReader
  private let file: String
  private let environment: [String: String]
  private let flags: [String: String]

  /// - Parameters:
  ///   - file: The YAML file; `nil` means `OPENCLAW_CONFIG`, else `openclaw.yaml` if it is there.
  ///   - flags: Values by key, from the command line.
  /// - Throws: ``SettingsError`` when a named file is missing or is not YAML.
  public init(file: String? = nil, flags: [String: String] = [:]) async throws(SettingsError) {
    environment = ProcessInfo.processInfo.environment
    let named = file ?? environment["OPENCLAW_CONFIG"]
    self.file = named ?? "openclaw.yaml"
    self.flags = flags
    do {
      reader = ConfigReader(providers: [
        EnvironmentVariablesProvider().prefixKeys(with: "openclaw"),
        try await FileProvider<YAMLSnapshot>(
          filePath: FilePath(self.file), allowMissing: named == nil),
      ])
    } catch {
      throw SettingsError("configuration file \(self.file) cannot be read: \(error)")
    }
  }

  /// A text, from the most specific place that has one.
  public func text(_ key: String) -> String? {
    if let flag = flags[key] { return flag }
    let key = ConfigKey(key)
    return reader.string(forKey: key) ?? reader.int(forKey: key).map(String.init)
      ?? reader.bool(forKey: key).map(String.init)
  }

  /// A text, also under the customary variable that others use for it, which counts last.
  public func text(_ key: String, alias: String) -> String? { text(key) ?? environment[alias] }

  /// A secret: the value itself, or the first line of the file that `<key>_file` names.
  ///
  /// - Parameter alias: A customary variable such as `DATABASE_URL`; it and `<alias>_FILE` count
  ///   after `OPENCLAW_*`.
  public func secret(_ key: String, alias: String) throws(SettingsError) -> String? {
    if let value = text(key) { return value }
    if let path = text(key + "_file") { return try firstLine(of: path, key: key + "_file") }
    if let value = environment[alias] { return value }
    if let path = environment[alias + "_FILE"] {
      return try firstLine(of: path, key: alias + "_FILE")
    }
    return nil
  }

  /// A secret from a file that may be missing.
  func secret(_ key: String, file: String) throws(SettingsError) -> String? {
    FileManager.default.fileExists(atPath: file) ? try firstLine(of: file, key: key) : nil
  }

  /// A whole number.
  ///
  /// - Throws: ``SettingsError`` when it is no number or out of range.
  public func integer(
    _ key: String, default fallback: Int, in range: ClosedRange<Int>
  ) throws(SettingsError) -> Int {
    guard let text = text(key) else { return fallback }
    guard let value = Int(text), range.contains(value) else {
      throw bad(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// How long something is kept, such as `30d`.
  ///
  /// - Returns: `nil` for `0`: for ever.
  /// - Throws: ``SettingsError`` for another form, and for less than a day, in which what it is kept
  ///   for may still be needed.
  public func retention(
    _ key: String, default fallback: Duration?
  ) throws(SettingsError) -> Duration? {
    guard let text = text(key) else { return fallback }
    if text == "0" { return nil }
    guard let duration = DurationText.parse(text), duration >= .seconds(86_400) else {
      throw bad(key, "must be a duration of at least 1d, such as 30d, or 0 for ever")
    }
    return duration
  }

  /// The error for a value that is not allowed.
  public func bad(_ key: String, _ allowed: String) -> SettingsError {
    SettingsError("setting \(key) (\(place(of: key))) \(allowed)")
  }

  private func place(of key: String) -> String {
    if flags[key] != nil { return "a command-line flag" }
    let variable = "OPENCLAW_" + key.uppercased().replacingOccurrences(of: ".", with: "_")
    return environment[variable] != nil ? "variable \(variable)" : "file \(file)"
  }

  private func firstLine(of path: String, key: String) throws(SettingsError) -> String {
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return String(text.prefix { !$0.isNewline })
    } catch {
      throw SettingsError("setting \(key): \(path) cannot be read")
    }
  }
}
