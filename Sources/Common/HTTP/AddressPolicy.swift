/// Decides which addresses may be connected to: those of the public internet, and exceptions.
///
/// It looks at the address that goes to `connect`, never at text, so that neither a spelling nor a
/// name that changes its address between two look-ups gets around it.
struct AddressPolicy: Sendable, Hashable {
  private let exceptions: [AddressRange]

  /// - Parameter exceptions: Blocks that may be connected to although they are not public.
  init(allowing exceptions: [AddressRange] = []) { self.exceptions = exceptions }

  /// - Parameter bytes: A `sockaddr`, as `connect` gets it.
  /// - Returns: Whether it may be connected to; `false` for all that is not IP.
  func permits(socketAddress bytes: UnsafeRawBufferPointer) -> Bool {
    IPAddress(socketAddress: bytes).map(permits) ?? false
  }

  /// Whether the address may be connected to.
  func permits(_ address: IPAddress) -> Bool {
    exceptions.contains { $0.contains(address) } || Self.isPublic(address)
  }

  private static func isPublic(_ address: IPAddress) -> Bool {
    if address.family == .v4 { return !closedV4.contains { $0.contains(address) } }
    // What DNS64 makes of public servers in networks without IPv4: as public as what it stands for.
    if nat64.contains(address) {
      return isPublic(IPAddress(.v4, bits: address.bits & UInt128(UInt32.max)))
    }
    return globalUnicast.contains(address) && !closedV6.contains { $0.contains(address) }
  }

  /// IANA's IPv4 Special-Purpose Address Registry, whole: nobody has a server that others call in
  /// one of its blocks, also in those that are globally reachable. And what is not unicast.
  private static let closedV4: [AddressRange] = [
    .v4(0, 0, 0, 0, 8),  // this network; 0.0.0.0 is this machine
    .v4(10, 0, 0, 0, 8),  // private use
    .v4(100, 64, 0, 0, 10),  // shared address space: carrier-grade NAT
    .v4(127, 0, 0, 0, 8),  // loopback
    .v4(169, 254, 0, 0, 16),  // link-local: metadata of clouds
    .v4(172, 16, 0, 0, 12),  // private use
    .v4(192, 0, 0, 0, 24),  // IETF protocol assignments
    .v4(192, 0, 2, 0, 24),  // documentation, TEST-NET-1
    .v4(192, 31, 196, 0, 24),  // AS112
    .v4(192, 52, 193, 0, 24),  // AMT
    .v4(192, 88, 99, 0, 24),  // 6to4 relay anycast, deprecated
    .v4(192, 168, 0, 0, 16),  // private use
    .v4(192, 175, 48, 0, 24),  // AS112
    .v4(198, 18, 0, 0, 15),  // benchmarking
    .v4(198, 51, 100, 0, 24),  // documentation, TEST-NET-2
    .v4(203, 0, 113, 0, 24),  // documentation, TEST-NET-3
    .v4(224, 0, 0, 0, 4),  // multicast
    .v4(240, 0, 0, 0, 4),  // reserved; limited broadcast
    // In no registry: answers every machine in Azure with that machine's own secrets.
    .v4(168, 63, 129, 16, 32),
  ]

  /// All that IANA has given out for unicast among networks. Outside lie loopback, unspecified,
  /// IPv4-mapped, -compatible and -translated, local NAT64, discard, segment routing, unique local,
  /// link-local, site-local and multicast addresses.
  private static let globalUnicast = AddressRange.v6(0x2000, length: 3)

  /// What IANA's IPv6 Special-Purpose Address Registry has inside of ``globalUnicast``.
  private static let closedV6: [AddressRange] = [
    // IETF protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, DRIP.
    .v6(0x2001, 0, length: 23),
    .v6(0x2001, 0xDB8, length: 32),  // documentation
    .v6(0x2002, length: 16),  // 6to4: holds an IPv4 address, private ones too
    .v6(0x2620, 0x4F, 0x8000, length: 48),  // AS112
    .v6(0x3FFF, length: 20),  // documentation
  ]

  /// The well-known prefix of IPv4/IPv6 translators (RFC 6052); the IPv4 address is at its end.
  private static let nat64 = AddressRange.v6(0x64, 0xFF9B, length: 96)
}
