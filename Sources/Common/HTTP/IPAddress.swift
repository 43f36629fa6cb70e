import Glibc

/// An IPv4 or IPv6 address, as the kernel sees it: however it was spelled, there is one of it.
struct IPAddress: Sendable, Hashable {
  /// Which of the two.
  enum Family: Sendable, Hashable {
    case v4, v6

    /// How many bits an address has.
    var width: Int { self == .v4 ? 32 : 128 }
  }

  let family: Family
  /// The first octet is the highest of 4 or 16.
  let bits: UInt128

  init(_ family: Family, bits: UInt128) {
    self.family = family
    self.bits = bits
  }

  /// Reads a `sockaddr_in` or a `sockaddr_in6` (ip(7), ipv6(7)); port, flow and scope don't matter.
  ///
  /// - Returns: `nil` for any other family, and for fewer bytes than its structure has.
  init?(socketAddress bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<sockaddr_in>.size else { return nil }
    // Both begin with family and port; IPv6 has the flow before its address.
    switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
    case AF_INET: self.init(.v4, octets: bytes[4..<8])
    case AF_INET6 where bytes.count >= MemoryLayout<sockaddr_in6>.size:
      self.init(.v6, octets: bytes[8..<24])
    default: return nil
    }
  }

  /// Reads a dotted quad, or an IPv6 address without brackets and scope. Wraps `inet_pton`.
  ///
  /// - Returns: `nil` for other text, short and octal forms of IPv4 among it.
  init?(_ text: String) {
    // A NUL would hide what is behind it.
    guard text.utf8.allSatisfy({ $0 != 0 }) else { return nil }
    let family: Family = text.utf8.contains(UInt8(ascii: ":")) ? .v6 : .v4
    var octets = [UInt8](repeating: 0, count: family.width / 8)
    guard inet_pton(family == .v4 ? AF_INET : AF_INET6, text, &octets) == 1 else { return nil }
    self.init(family, octets: octets)
  }

  private init(_ family: Family, octets: some Sequence<UInt8>) {
    self.init(family, bits: octets.reduce(0) { $0 << 8 | UInt128($1) })
  }
}

extension IPAddress: CustomStringConvertible {
  /// The usual spelling, which ``init(_:)`` reads. Wraps `inet_ntop`.
  var description: String {
    let shifts = stride(from: family.width - 8, through: 0, by: -8)
    let octets = shifts.map { UInt8(truncatingIfNeeded: bits >> $0) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      let family = family == .v4 ? AF_INET : AF_INET6
      // It fails only for a buffer that is too small.
      return inet_ntop(family, octets, text.baseAddress, socklen_t(text.count))
        .map { String(cString: $0) } ?? "?"
    }
  }
}
