import Jobs
import Testing

@testable import GatewayAPI

/// What keeps requests with many jobs out of each other's way.
@Suite struct BatchGateTests {
  private static let job = #"{"target":"agent:main","input":"a"}"#

  @Test(arguments: [
    ("/api/v1/jobs/batch", "[\(BatchGateTests.job)]", 200),
    ("/api/v1/batches", #"{"jobs":[\#(BatchGateTests.job)]}"#, 201),
  ])
  func slowClientsAreInNobodysWay(_ path: String, _ body: String, _ status: Int) async throws {
    try await withGateway { gateway in
      let request = TestGateway.request(
        "POST", path,
        headers: [("Content-Type", "application/json"), ("Expect", "100-continue")],
        body: [UInt8](body.utf8))
      var slow: [RawConnection] = []
      for _ in 0..<(2 * BatchGate.width) {
        let connection = try await gateway.connect()
        try await connection.send(request.dropLast())
        // The server has the head, and waits for what is missing of the body.
        #expect(try await connection.response()?.status == 100)
        slow.append(connection)
      }
      let quick = try await gateway.json("POST", path, body)
      #expect(quick.status == status)
      for connection in slow {
        try await connection.send(request.suffix(1))
        #expect(try await connection.response()?.status == status)
      }
    }
  }

  @Test func oneUserDoesNotTakeAllTheRoom() async throws {
    let gate = BatchGate()
    let (alice, bob, carol) = (UserID(), UserID(), UserID())
    try await Self.hold(BatchGate.share - 1, of: alice, in: gate) {
      await #expect(throws: ServiceError.self) { try await Self.hold(2, of: alice, in: gate) }
      try await Self.hold(1, of: alice, in: gate)
      try await Self.hold(BatchGate.share, of: bob, in: gate) {
        await #expect(throws: ServiceError.self) { try await Self.hold(2, of: carol, in: gate) }
        try await Self.hold(1, of: carol, in: gate)
      }
    }
    // All of it was given back.
    try await Self.hold(BatchGate.share, of: alice, in: gate)
  }

  @Test func onlySoManyAreStoredAtOnce() async throws {
    let gate = BatchGate()
    try await Self.store(BatchGate.width, in: gate)
    await #expect(throws: ServiceError.self) { try await Self.store(BatchGate.width + 1, in: gate) }
    try await Self.store(BatchGate.width, in: gate)
  }

  /// Reads so many bytes of a body, and does something else before it is whole.
  private static func hold(
    _ bytes: Int, of user: UserID, in gate: BatchGate,
    _ body: () async throws -> Void = {}
  ) async throws {
    let length: Int = try await gate.pass(for: user) { meter -> Int in
      try meter.take(bytes)
      try await body()
      return bytes
    } store: { length -> Int in
      length
    }
    #expect(length == bytes)
  }

  /// Stores so many, each while the one before is being stored.
  private static func store(_ count: Int, in gate: BatchGate) async throws {
    let stored: Int = try await gate.pass(for: UserID()) { _ -> Int in
      count
    } store: { count -> Int in
      if count > 1 { try await store(count - 1, in: gate) }
      return count
    }
    #expect(stored == count)
  }
}
