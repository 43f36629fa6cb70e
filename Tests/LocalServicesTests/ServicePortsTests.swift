import Foundation
import Testing

@testable import LocalServices

@Suite struct ServicePortsTests {
  @Test func freePreferredPortsAreKept() throws {
    #expect(try ServicePorts.choose(preferred: .usual) { _ in true } == .usual)
  }

  @Test func takenPortsAreReplacedByTheNextFreeOnesAndNoneIsUsedTwice() throws {
    let taken: Set<UInt16> = [18432, 18433, 18672]
    let ports = try ServicePorts.choose(preferred: .usual) { !taken.contains($0) }
    #expect(
      ports == ServicePorts(postgres: 18434, amqp: 18673, distribution: 18674, epmd: 18675))
  }

  @Test func noFreePortIsAnError() {
    let error = #expect(throws: LocalServiceError.self) {
      try ServicePorts.choose(preferred: .usual) { _ in false }
    }
    #expect(error?.code == .noPort)
  }

  @Test func portsAreRememberedByTheDataRoot() async throws {
    try await withTemporaryFolder { folder in
      let root = try DataRoot(creating: folder.appending(path: "root"))
      #expect(ServicePorts.remembered(in: root) == nil)
      let first = try ServicePorts.choose(in: root, fallback: .throwaway(seed: getpid()))
      #expect(ServicePorts.remembered(in: root) == first)
      #expect(try ServicePorts.choose(in: root, fallback: .usual) == first)
    }
  }

  @Test func aPortThatSomebodyListensOnIsNotFree() {
    let descriptor = Loopback.socket()
    defer { close(descriptor) }
    let port = (UInt16(30_000)...30_500).first { port in
      Loopback.withAddress(port) { bind(descriptor, $0, $1) == 0 }
    }
    listen(descriptor, 1)
    #expect(port.map(ServicePorts.isFree) == false)
  }
}
