import TestSupport
import Testing

@testable import HTTP

/// Our decision against that of Python's module `ipaddress`, which has tables of its own.
struct AddressComparisonTests {
  /// What we close and Python calls global: special blocks in which nobody has servers, and Azure.
  private let closedBesides = [
    "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
    "168.63.129.16/32", "2001::/23", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
  ].compactMap { AddressRange($0) }

  /// Each /12 and its like in IPv6 twice, and the neighbourhood of each block's ends.
  private func addresses() -> [IPAddress] {
    var generator = SplitMix64(seed: 42)
    func random(_ family: IPAddress.Family, _ prefix: UInt128, _ length: Int) -> IPAddress {
      let free = family.width - length
      let rest = UInt128.random(in: 0...UInt128.max, using: &generator) & ((1 << free) - 1)
      return IPAddress(family, bits: prefix << free | rest)
    }
    var addresses: [IPAddress] = []
    for prefix in UInt128(0)..<4096 {
      addresses += [random(.v4, prefix, 12), random(.v6, prefix, 12), random(.v6, prefix, 12)]
      // In what is given out, 2000::/3.
      addresses.append(random(.v6, 1 << 12 | prefix, 15))
    }
    for block in AddressSpellings.registry {
      for end in [block.first, block.last].compactMap({ IPAddress($0) }) {
        for step in -3...3 {
          addresses.append(IPAddress(end.family, bits: end.moved(by: step)))
        }
      }
    }
    return addresses
  }

  @Test func theTwoDifferOnlyWhereWeMeanTo() async throws {
    let addresses = addresses()
    let run = try await ToolRun.run(
      "python3", ["script.py"],
      files: [
        "script.py": [UInt8](Self.script.utf8),
        "addresses": [UInt8](addresses.map(\.description).joined(separator: "\n").utf8),
      ])
    let answers = run.output.split(separator: "\n")
    try #require(run.status == 0 && answers.count == addresses.count, "\(run.output.prefix(500))")
    var permitted = 0
    for (address, answer) in zip(addresses, answers) {
      let permits = AddressPolicy().permits(address)
      if permits { permitted += 1 }
      let isMeant = !permits && closedBesides.contains { $0.contains(address) }
      #expect(permits == (answer == "global") || isMeant, "\(address) is \(answer)")
    }
    #expect(permitted > 5000 && permitted < addresses.count - 5000)
  }

  private static let script = """
    import ipaddress
    for line in open("addresses"):
        address = ipaddress.ip_address(line.strip())
        is_open = address.is_global and not (
            address.is_multicast or address.is_reserved or address.is_unspecified
            or address.is_loopback or address.is_link_local)
        if address.version == 6 and address not in ipaddress.ip_network("2000::/3"):
            is_open = False
        print("global" if is_open else "closed")
    """
}

extension IPAddress {
  /// Its bits, some addresses further; goes around at the ends.
  fileprivate func moved(by step: Int) -> UInt128 {
    let moved = bits &+ UInt128(truncatingIfNeeded: step)
    return family == .v4 ? moved & UInt128(UInt32.max) : moved
  }
}
