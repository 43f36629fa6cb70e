import Glibc
import Testing

@testable import HTTP

struct AddressPolicyTests {
  private func permits(_ spelling: String, allowing exceptions: [String] = []) throws -> Bool {
    let bytes = try #require(SocketAddress.bytes(spelling), "\(spelling) is no address")
    return AddressPolicy(allowing: exceptions.compactMap { AddressRange($0) })
      .permits(socketAddress: bytes)
  }

  @Test(arguments: AddressSpellings.closed)
  func whatIsNotPublicIsRefusedHoweverItIsSpelled(spelling: String) throws {
    #expect(try !permits(spelling))
  }

  @Test(arguments: AddressSpellings.open)
  func whatIsPublicIsPermittedHoweverItIsSpelled(spelling: String) throws {
    #expect(try permits(spelling))
  }

  @Test func thereAreManySpellings() {
    #expect(Set(AddressSpellings.closed).count >= 120 && Set(AddressSpellings.open).count >= 30)
  }

  @Test(arguments: AddressSpellings.registry)
  func aClosedBlockIsClosedFromItsFirstAddressToItsLast(block: AddressSpellings.Block) throws {
    #expect(try !permits(block.first))
    #expect(try !permits(block.last))
    if let before = block.before { #expect(try permits(before)) }
    if let after = block.after { #expect(try permits(after)) }
  }

  @Test func eachFirstOctetOfIPv4IsDecidedAsTheRegistryHasIt() {
    let closed: Set<UInt128> = Set([0, 10, 127] + (224...255))
    for octet in UInt128(0)...255 {
      // 200.99.1 lies in no special block that is smaller.
      let address = IPAddress(.v4, bits: octet << 24 | 0x00C8_6301)
      #expect(AddressPolicy().permits(address) == !closed.contains(octet), "\(address)")
    }
  }

  @Test func nothingOfIPv6IsPublicOutsideOfGlobalUnicastButNAT64() {
    for group in UInt128(0)...0xFFFF where !(0x2000...0x3FFF).contains(group) {
      // The rest is like a server's.
      let address = IPAddress(.v6, bits: group << 112 | 0x4860_4860 << 80 | 0x8888)
      #expect(!AddressPolicy().permits(address), "\(address)")
    }
  }

  @Test func anIPv4AddressInsideOfNAT64IsDecidedLikeItself() throws {
    for spelling in AddressSpellings.closed + AddressSpellings.open {
      let bytes = try #require(SocketAddress.bytes(spelling))
      let read = bytes.withUnsafeBytes { IPAddress(socketAddress: $0) }
      guard let address = read, address.family == .v4 else { continue }
      let translated = IPAddress(.v6, bits: 0x64_FF9B << 96 | address.bits)
      #expect(AddressPolicy().permits(translated) == AddressPolicy().permits(address))
      let mapped = IPAddress(.v6, bits: 0xFFFF << 32 | address.bits)
      #expect(!AddressPolicy().permits(mapped))
    }
  }

  @Test func anExceptionReachesExactlyAsFarAsItsBlock() throws {
    for (block, inside, outside) in [
      ("10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], ["10.0.255.255", "10.2.0.0", "127.0.0.1"]),
      ("127.0.0.1/32", ["127.0.0.1", "2130706433", "127.1"], ["127.0.0.0", "127.0.0.2", "::1"]),
      ("10.0.0.128/25", ["10.0.0.128", "10.0.0.255"], ["10.0.0.127", "10.0.1.0"]),
      ("0.0.0.0/0", ["10.0.0.1", "255.255.255.255", "0.0.0.0"], ["::1", "::ffff:10.0.0.1"]),
      ("::1/128", ["::1", "[0:0::1]"], ["::", "::2", "127.0.0.1", "::ffff:127.0.0.1"]),
      ("fd00:1::/32", ["fd00:1::", "fd00:1:ffff::ffff"], ["fd00:2::", "fd00:0:ffff::1"]),
      ("::/0", ["::", "ff02::1", "::ffff:10.0.0.1"], ["10.0.0.1"]),
      ("::ffff:0:0/96", ["::ffff:127.0.0.1"], ["127.0.0.1", "::fffe:127.0.0.1"]),
    ] {
      for address in inside { #expect(try permits(address, allowing: [block]), "\(address)") }
      for address in outside { #expect(try !permits(address, allowing: [block]), "\(address)") }
      #expect(try permits("8.8.8.8", allowing: [block]))
    }
  }

  @Test func severalExceptionsHoldBesideEachOther() throws {
    let exceptions = ["10.1.0.0/16", "fd00::/8"]
    #expect(try permits("10.1.2.3", allowing: exceptions))
    #expect(try permits("fd12::1", allowing: exceptions))
    #expect(try !permits("192.168.0.1", allowing: exceptions))
  }

  @Test func bytesThatAreNoWholeIPAddressAreRefused() throws {
    let everything = AddressPolicy(
      allowing: ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) })
    for spelling in ["8.8.8.8", "2001:4860:4860::8888"] {
      let whole = try #require(SocketAddress.bytes(spelling))
      #expect(everything.permits(socketAddress: whole))
      #expect(everything.permits(socketAddress: whole + [1, 2, 3]))
      for count in 0..<whole.count {
        #expect(!everything.permits(socketAddress: Array(whole.prefix(count))))
      }
      for family in UInt8(0)...255 where ![AF_INET, AF_INET6].contains(Int32(family)) {
        #expect(!everything.permits(socketAddress: [family, 0] + whole.dropFirst(2)))
      }
      #expect(!everything.permits(socketAddress: [whole[0], 1] + whole.dropFirst(2)))
    }
    // An IPv6 family over the bytes of IPv4.
    let short = try #require(SocketAddress.bytes("8.8.8.8"))
    #expect(!everything.permits(socketAddress: [UInt8(AF_INET6)] + short.dropFirst()))
  }

  @Test func portFlowAndScopeDoNotMatter() throws {
    var bytes = try #require(SocketAddress.bytes("fe80::1%1"))
    for index in [2, 3, 4, 7, 24, 27] { bytes[index] = 0xAA }
    #expect(!AddressPolicy().permits(socketAddress: bytes))
    #expect(
      AddressPolicy(allowing: [AddressRange("fe80::/10")].compactMap(\.self))
        .permits(socketAddress: bytes))
  }
}

extension AddressPolicy {
  /// Decides over bytes of an array.
  fileprivate func permits(socketAddress bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { permits(socketAddress: $0) }
  }
}
