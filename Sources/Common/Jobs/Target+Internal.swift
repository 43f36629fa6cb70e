extension Target {
  /// What sends webhooks.
  public static let webhookDelivery = Target.skill("webhooks.deliver")

  /// Whether only the system makes jobs for it: no user may ask for it, no agent call it, and no
  /// role says who may.
  public var isInternal: Bool { self == .webhookDelivery }
}

extension TargetPattern {
  /// The set of nothing but the target.
  public init(only target: Target) { self.init(target.description) }

  /// Whether the set was made for this target alone.
  public func isOnly(_ target: Target) -> Bool {
    description.utf8.elementsEqual(target.description.utf8)
  }
}
