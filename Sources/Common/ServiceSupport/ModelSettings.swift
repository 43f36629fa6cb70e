/// Which language model workers call, beside the built-in one.
public struct ModelSettings: Sendable {
  /// An OpenAI-compatible service.
  public struct OpenAI: Sendable {
    /// Where it is, up to the version: `https://api.openai.com/v1`. `nil` means OpenAI's own.
    public let baseURL: String?
    /// Secret; `nil` for a service that wants none.
    public let apiKey: String?
    /// The model that agents use by default.
    public let model: String
    /// OpenAI's organization, if the key belongs to several.
    public let organization: String?
    /// The longest wait for the first byte of an answer, 1 to 600 s; 60 unless told otherwise.
    public let firstByteTimeout: Duration
    /// The longest silence inside an answer, 1 to 600 s; 60 unless told otherwise. Models that
    /// think before they write, behind servers that send nothing meanwhile, need more.
    public let idleTimeout: Duration
  }

  /// `nil` without a key and without a base URL.
  public let openAI: OpenAI?

  /// Reads `openai.api_key`, `openai.base_url`, `openai.model` and `openai.organization`, or the
  /// variables that OpenAI's own clients read.
  ///
  /// - Throws: ``SettingsError`` for a secret's file that cannot be read, and a time out of range.
  public init(_ reader: SettingsReader) throws(SettingsError) {
    let key = try reader.secret("openai.api_key", alias: "OPENAI_API_KEY").nonEmpty
    let url = reader.text("openai.base_url", alias: "OPENAI_BASE_URL").nonEmpty
    guard key != nil || url != nil else {
      openAI = nil
      return
    }
    openAI = OpenAI(
      baseURL: url, apiKey: key,
      model: reader.text("openai.model", alias: "OPENAI_MODEL").nonEmpty ?? "gpt-4o-mini",
      organization: reader.text("openai.organization", alias: "OPENAI_ORG_ID").nonEmpty,
      firstByteTimeout: .seconds(
        try reader.integer("openai.first_byte_timeout", default: 60, in: 1...600)),
      idleTimeout: .seconds(try reader.integer("openai.idle_timeout", default: 60, in: 1...600)))
  }
}

extension String? {
  /// `nil` for an empty text: a variable that is set to nothing counts as not set.
  fileprivate var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
