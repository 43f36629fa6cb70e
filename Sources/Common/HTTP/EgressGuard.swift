/// Decides at which addresses a transfer may knock, and whether it failed for want of one.
struct EgressGuard {
  /// For a message: does not tell what a name's addresses are, which may be nobody's business.
  static let reason = "the host has no address that may be connected to"

  private let policy: AddressPolicy?
  private var hasAdmitted = false
  private var hasRefused = false

  init(_ policy: EgressPolicy) { self.policy = policy.addresses }

  /// Whether the transfer may connect to the address of these bytes, a `sockaddr`.
  mutating func admits(socketAddress bytes: UnsafeRawBufferPointer) -> Bool {
    let isAdmitted = policy?.permits(socketAddress: bytes) ?? true
    if isAdmitted { hasAdmitted = true } else { hasRefused = true }
    return isAdmitted
  }

  /// Whether there were addresses and none of them was admitted.
  var hasRefusedAll: Bool { hasRefused && !hasAdmitted }
}
