import Foundation
import HTTP
import LocalServices

/// Which gateway, and the token for it: flags, a profile that was named, the environment, the
/// default profile, `openclaw up` on this machine, the built-in values, in this order. A profile's
/// token goes to the profile's gateway alone.
struct ConnectionSettings: Sendable {
  static let defaultURL = "http://127.0.0.1:18789"

  /// Without a slash at its end.
  let url: String
  /// `nil` when none was found.
  let token: String?
  /// What the user should know before anything is sent.
  let warning: String?

  /// - Throws: ``CommandError``.
  init(_ options: ConnectionOptions, in surroundings: Surroundings) throws {
    let environment = surroundings.environment.filter { !$0.value.isEmpty }
    let profile = try Profile(named: options.profile, in: surroundings)
    let isNamed = options.profile != nil
    let usual = { profile.url ?? Self.localGateway(surroundings) ?? Self.defaultURL }
    let given = options.url ?? (isNamed ? profile.url : nil) ?? environment["OPENCLAW_URL"]
    let checked = try Self.checked(given ?? usual())
    let isOwn = try given == nil || profile.url.map(Self.checked) == checked
    let own = isOwn ? profile.tokenFile : nil
    let isLocal = Self.isLoopback(HTTPRequest(url: checked).endpoint)
    if isNamed, !isOwn, options.tokenFile == nil, profile.tokenFile != nil {
      throw Self.foreign(profile, checked)
    }
    let token = try Self.token(
      file: options.tokenFile ?? (isNamed ? own : nil), environment, fallback: own,
      dataRoot: isLocal ? Self.dataRoot(surroundings) : nil)
    if token == nil, !isOwn, profile.tokenFile != nil { throw Self.foreign(profile, checked) }
    self.init(url: checked, token: token)
  }

  /// What to say where the only token is a profile's, for another gateway.
  private static func foreign(_ profile: Profile, _ url: String) -> CommandError {
    CommandError(
      .authentication, type: "token",
      profile.url.map { "the profile's token is for \($0), and is not sent to \(url)" }
        ?? "the profile names no gateway, and its token is not sent to \(url)",
      hint: profile.url == nil
        ? "Say which one it is for: `openclaw profiles set NAME --url URL`."
        : "Give a token with --token-file, or keep one in a profile of its own: `openclaw login`.")
  }

  /// A gateway and a token as they are.
  init(url: String, token: String?) {
    self.url = url
    self.token = token
    let endpoint = HTTPRequest(url: url).endpoint
    let isOpen = url.hasPrefix("http://") && !Self.isLoopback(endpoint) && token != nil
    warning = isOpen ? "the token goes to \(endpoint) without encryption" : nil
  }

  /// A gateway's URL without a slash at its end.
  ///
  /// - Throws: ``CommandError`` with status `usage` for anything but http and https.
  static func checked(_ url: String) throws -> String {
    var url = url
    while url.utf8.last == UInt8(ascii: "/") { url.removeLast() }
    guard ["http://", "https://"].contains(where: url.hasPrefix) else {
      throw CommandError.usage("the gateway's URL must begin with http:// or https://")
    }
    return url
  }

  /// - Parameter dataRoot: Where `operator.token` may lie. It is this machine's, so it is never
  ///   sent to another one.
  private static func token(
    file: String?, _ environment: [String: String], fallback: String?, dataRoot: String?
  ) throws -> String? {
    if let path = file ?? environment["OPENCLAW_TOKEN_FILE"] { return try required(path) }
    if let value = environment["OPENCLAW_TOKEN"] {
      guard let token = TokenFile.bearer(value.utf8) else {
        throw CommandError(.authentication, type: "token", "OPENCLAW_TOKEN holds no token")
      }
      return token
    }
    if let fallback { return try required(fallback) }
    return try dataRoot.flatMap { try TokenFile.read("\($0)/operator.token") }
  }

  private static func required(_ path: String) throws -> String {
    guard let token = try TokenFile.read(path) else {
      throw CommandError(.authentication, type: "token_file", "token file \(path) does not exist")
    }
    return token
  }

  /// Where the gateway of an `openclaw up` on this machine listens.
  private static func localGateway(_ surroundings: Surroundings) -> String? {
    RunRecord.read(from: DataRoot(existing: URL(filePath: dataRoot(surroundings))))?.gatewayURL
  }

  private static func dataRoot(_ surroundings: Surroundings) -> String {
    if let root = surroundings.environment["OPENCLAW_DATA_ROOT"], !root.isEmpty { return root }
    return surroundings.isRoot ? "/var/lib/openclaw" : "\(surroundings.directory)/.openclaw"
  }

  private static func isLoopback(_ endpoint: String) -> Bool {
    guard let start = endpoint.firstRange(of: "://")?.upperBound else { return false }
    let authority = endpoint[start...]
    if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
    let host = authority.prefix { $0 != ":" }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false)
    return host == "localhost"
      || octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
  }
}
