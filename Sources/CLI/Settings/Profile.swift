import Glibc
import Jobs

/// A named gateway of the user's, from `openclaw/profiles.json` in the XDG config folder:
/// `{"default":{"url":"https://…","token_file":"/…"}}`.
struct Profile {
  var url: String?
  var tokenFile: String?

  private static let maximumBytes = 1 << 20

  /// Finds a profile by name.
  ///
  /// - Parameter name: `nil` for the one called `default`, which need not exist.
  /// - Throws: ``CommandError`` with status `usage`.
  init(named name: String?, in surroundings: Surroundings) throws {
    guard let path = Self.path(surroundings), let profiles = try Self.read(path) else {
      if let name { throw CommandError.usage("no profile \(name): there is no profiles.json") }
      return
    }
    guard let profile = profiles[name ?? "default"] else {
      if let name { throw CommandError.usage("no profile \(name) in \(path)") }
      return
    }
    url = profile["url"]?.text
    tokenFile = profile["token_file"]?.text
  }

  private static func path(_ surroundings: Surroundings) -> String? {
    let home = surroundings.environment["HOME"].map { "\($0)/.config" }
    // The XDG specification wants relative paths ignored.
    let configured = surroundings.environment["XDG_CONFIG_HOME"].flatMap {
      $0.utf8.first == UInt8(ascii: "/") ? $0 : nil
    }
    return (configured ?? home).map { "\($0)/openclaw/profiles.json" }
  }

  private static func read(_ path: String) throws -> JSONValue? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = try readAll(from: descriptor, limit: maximumBytes)
    do {
      return try JSONValue(json: bytes.prefix(maximumBytes))
    } catch {
      throw CommandError.usage("\(path) is not JSON")
    }
  }
}
