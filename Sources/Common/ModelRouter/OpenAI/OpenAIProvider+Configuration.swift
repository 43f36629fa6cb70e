import HTTP

extension OpenAIProvider {
  /// Where the models are, and as whom they are asked.
  public struct Configuration: Sendable {
    /// OpenAI's own address.
    public static let defaultBaseURL = "https://api.openai.com/v1"

    /// What `/chat/completions` is put behind: an absolute `http` or `https` URL without user
    /// name, query and fragment. A slash at its end does not matter.
    public var baseURL: String
    /// `nil` for servers that ask for none.
    public var apiKey: APIKey?
    /// The model that `default` means: printable ASCII, at most 256 bytes.
    public var model: String
    /// The organization that is charged, where a key belongs to several.
    public var organization: String?
    /// For name resolution, TCP and TLS together.
    public var connectTimeout = Duration.seconds(10)
    /// From the request to the first byte of the answer. A local server that has to load its model
    /// first may need more.
    public var firstByteTimeout = Duration.seconds(60)
    /// The longest silence inside an answer; keep-alive comments break it. A model that thinks
    /// before it writes, behind a server that sends nothing meanwhile, needs more.
    public var idleTimeout = Duration.seconds(30)
    /// From the call to the end of the answer.
    public var totalTimeout = Duration.seconds(600)

    /// Unchecked; ``OpenAIProvider/init(_:)`` checks.
    public init(
      baseURL: String = defaultBaseURL, apiKey: APIKey? = nil, model: String = "gpt-4o-mini",
      organization: String? = nil
    ) {
      self.baseURL = baseURL
      self.apiKey = apiKey
      self.model = model
      self.organization = organization
    }
  }
}

extension OpenAIProvider.Configuration {
  /// Where completions are asked for.
  ///
  /// - Throws: ``ProviderConfigurationError`` for the first setting that cannot be used.
  func checkedURL() throws(ProviderConfigurationError) -> String {
    let scheme = baseURL.prefix { $0 != ":" }.lowercased()
    guard ["http", "https"].contains(scheme), Self.isPrintable(baseURL),
      Self.hasServer(baseURL), !baseURL.contains(where: { "?#\\".contains($0) })
    else {
      throw ProviderConfigurationError(
        setting: "base_url",
        message: "must be an absolute http or https URL without user name, query and fragment")
    }
    guard !model.isEmpty, model.utf8.count <= 256, Self.isPrintable(model) else {
      throw ProviderConfigurationError(
        setting: "model", message: "must be 1 to 256 printable ASCII characters without spaces")
    }
    guard organization.map({ !$0.isEmpty && Self.isPrintable($0) }) ?? true else {
      throw ProviderConfigurationError(
        setting: "organization", message: "must be printable ASCII without spaces")
    }
    var base = baseURL[...]
    while base.last == "/" { base = base.dropLast() }
    return base + "/chat/completions"
  }

  /// Whether there is a host, no user name, and no port that cannot be.
  private static func hasServer(_ url: String) -> Bool {
    let server = HTTPRequest(url: url).endpoint.split(separator: "/").last ?? "?"
    guard let colon = server.lastIndex(of: ":"), server.last != "]" else { return server != "?" }
    let port = UInt16(server[server.index(after: colon)...]) ?? 0
    return port > 0 && colon > server.startIndex
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
