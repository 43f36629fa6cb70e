/// Which models a provider serves, by the names behind its slash.
public enum ModelOffer: Sendable, Hashable {
  /// This one only.
  case only(String)
  /// Whatever the other side knows; the name here stands for `default`.
  case any(default: String)

  /// The model that `default` means.
  public var defaultModel: String {
    switch self {
    case .only(let model), .any(default: let model): model
    }
  }

  /// Whether the model may be asked for; an unknown name of `any` is refused by the other side.
  public func includes(_ model: String) -> Bool {
    switch self {
    case .only(let only): model.utf8.elementsEqual(only.utf8)
    case .any: !model.isEmpty && model.utf8.count <= 256
    }
  }
}
