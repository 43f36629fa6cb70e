import Foundation
import Jobs
import LocalServices

/// The user's profiles, in `openclaw/profiles.json` of the XDG config folder:
/// `{"default":{"url":"https://…","token_file":"/…"},"current":"default"}`.
struct ProfileFile {
  /// What `current` stands beside the profiles, so that none may be called so.
  private static let currentKey = "current"
  private static let maximumBytes = 1 << 20

  private let path: String
  private var members: [String: JSONValue]

  /// - Returns: `nil` when there is no such file.
  /// - Throws: ``CommandError`` with status `usage` when it is no JSON object.
  init?(reading path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = try readAll(from: descriptor, limit: Self.maximumBytes)
    do {
      let json = try JSONValue(json: bytes.prefix(Self.maximumBytes))
      guard case .object(let members) = json else { throw CommandError.usage("no object") }
      self.path = path
      self.members = members
    } catch {
      throw CommandError.usage("\(path) is not a JSON object")
    }
  }

  private init(empty path: String) {
    self.path = path
    members = [:]
  }

  /// The user's file, to be changed; empty where there is none.
  ///
  /// - Throws: ``CommandError`` with status `usage`.
  static func own(_ surroundings: Surroundings) throws -> ProfileFile {
    guard let path = path(surroundings) else {
      throw CommandError.usage("neither HOME nor XDG_CONFIG_HOME says where profiles are kept")
    }
    return try ProfileFile(reading: path) ?? ProfileFile(empty: path)
  }

  /// Where the file is, or would be.
  static func path(_ surroundings: Surroundings) -> String? {
    let home = surroundings.environment["HOME"].map { "\($0)/.config" }
    // The XDG specification wants relative paths ignored.
    let configured = surroundings.environment["XDG_CONFIG_HOME"].flatMap {
      $0.utf8.first == UInt8(ascii: "/") ? $0 : nil
    }
    return (configured ?? home).map { "\($0)/openclaw/profiles.json" }
  }

  /// Whether a profile may be called so: 1 to 64 letters, digits, `.`, `_` and `-`.
  static func isName(_ name: String) -> Bool {
    AccountName.isValid(name) && !name.contains("@") && name != currentKey && name.first != "."
  }

  /// The one that counts when none is named.
  var current: String {
    get { members[Self.currentKey]?.text ?? "default" }
    set { members[Self.currentKey] = .string(newValue) }
  }

  /// All profiles, by name.
  var profiles: [(name: String, profile: Profile)] {
    members.sortedByKey.compactMap { name, _ in self[name].map { (name, $0) } }
  }

  /// A profile; setting `nil` removes it.
  subscript(name: String) -> Profile? {
    get {
      guard case .object(let profile)? = members[name] else { return nil }
      return Profile(url: profile["url"]?.text, tokenFile: profile["token_file"]?.text)
    }
    set {
      var profile: [String: JSONValue] = [:]
      profile["url"] = newValue?.url.map { .string($0) }
      profile["token_file"] = newValue?.tokenFile.map { .string($0) }
      members[name] = newValue == nil ? nil : .object(profile)
      if newValue == nil, current == name { members[Self.currentKey] = nil }
    }
  }

  /// Where a token that was given for a profile is kept.
  func tokenFile(of name: String) -> String { folder.appending(path: "\(name).token").path }

  /// Writes the file, mode 0600, in one step.
  func write() throws {
    try makeFolder()
    try SecretFile.write(
      JSONValue.object(members).indented(escaping: false) + "\n", to: URL(filePath: path))
  }

  /// Keeps a token for a profile, mode 0600.
  ///
  /// - Returns: Its file.
  func keep(_ token: String, of name: String) throws -> String {
    try makeFolder()
    try SecretFile.write(token + "\n", to: URL(filePath: tokenFile(of: name)))
    return tokenFile(of: name)
  }

  private var folder: URL { URL(filePath: path).deletingLastPathComponent() }

  private func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandError(.failed, type: "config_folder", "\(folder.path) cannot be made")
    }
  }
}
