import Testing

@testable import HTTP

struct EgressGuardTests {
  private let closed = SocketAddress.bytes("10.0.0.1") ?? []
  private let open = SocketAddress.bytes("8.8.8.8") ?? []

  @Test func aTransferFailedForWantOfAnAddressOnlyIfEachOfThemWasRefused() {
    var transfer = EgressGuard(.publicOnly())
    #expect(!transfer.hasRefusedAll)
    #expect(!closed.withUnsafeBytes { transfer.admits(socketAddress: $0) })
    #expect(transfer.hasRefusedAll)
    #expect(open.withUnsafeBytes { transfer.admits(socketAddress: $0) })
    #expect(!closed.withUnsafeBytes { transfer.admits(socketAddress: $0) })
    #expect(!transfer.hasRefusedAll)
  }

  @Test func withoutAPolicyEverythingIsAdmitted() {
    var transfer = EgressGuard(.unrestricted)
    for bytes in [closed, open, []] {
      #expect(bytes.withUnsafeBytes { transfer.admits(socketAddress: $0) })
    }
    #expect(!transfer.hasRefusedAll)
  }
}
