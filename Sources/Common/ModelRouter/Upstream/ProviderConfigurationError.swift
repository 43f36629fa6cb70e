/// A setting that no provider can work with.
public struct ProviderConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Which one: `base_url`, `model`, `organization`.
  public let setting: String
  /// What it has to be; quotes nothing of the value, which may hold a secret.
  public let message: String

  /// Both in one line.
  public var description: String { "\(setting) \(message)" }
}
