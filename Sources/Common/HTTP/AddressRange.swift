/// A block of IP addresses in CIDR notation (RFC 4632, RFC 4291): `10.1.0.0/16`, `fd00:1::/32`.
///
/// An IPv4 block has no IPv6 address, also not the IPv4-mapped ones: those lie in
/// `::ffff:0:0/96`.
public struct AddressRange: Sendable, Hashable {
  private let first: IPAddress
  // How many leading bits all of its addresses share.
  private let length: Int

  /// Reads a block that is written out: an address, a slash, and the length of the prefix.
  ///
  /// - Returns: `nil` without a length, for one over 32 or 128, and for an address that is not the
  ///   block's first, such as `10.1.2.3/16`, which looks like one machine and would be 65,536.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = IPAddress(String(parts[0])) else { return nil }
    let digits = parts[1].utf8
    guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != 0x30,
      let length = Int(parts[1]), length <= first.family.width
    else { return nil }
    self.init(first: first, length: length)
    guard first.bits == (first.bits >> hostBits) << hostBits else { return nil }
  }

  private init(first: IPAddress, length: Int) {
    self.first = first
    self.length = length
  }

  /// A block of IPv4: `.v4(10, 1, 0, 0, 16)`.
  static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ length: Int) -> Self {
    let bits = [a, b, c, d].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    return Self(first: IPAddress(.v4, bits: bits), length: length)
  }

  /// A block of IPv6, by the first of its eight groups: `.v6(0x2001, 0xDB8, length: 32)`.
  static func v6(_ groups: UInt16..., length: Int) -> Self {
    let bits = groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
    return Self(first: IPAddress(.v6, bits: bits << (16 * (8 - groups.count))), length: length)
  }

  /// Whether the address is one of the block.
  func contains(_ address: IPAddress) -> Bool {
    address.family == first.family && (address.bits ^ first.bits) >> hostBits == 0
  }

  // Shifting by all bits leaves none, as a block of everything needs it.
  private var hostBits: Int { first.family.width - length }
}

extension AddressRange: CustomStringConvertible {
  /// The usual spelling, which ``init(_:)`` reads.
  public var description: String { "\(first)/\(length)" }
}
