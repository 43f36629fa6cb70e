import Foundation
import Testing

@testable import Security

@Suite struct SealedTests {
  private let keys = [MasterKey(id: 1), MasterKey(id: 2)]
  private let row = UUID()

  @Test func opensInItsOwnCellOnly() throws {
    let sealer = Sealer(keys)
    let cell = SealedCell("jobs.input", row: row)
    let sealed = try sealer.seal([1, 2, 3], in: cell)
    #expect(try sealer.open(sealed, in: cell) == [1, 2, 3])
    for other in [SealedCell("jobs.result", row: row), SealedCell("jobs.input", row: UUID())] {
      #expect(throws: SealError.self) { try sealer.open(sealed, in: other) }
    }
  }

  @Test func everySingleBitFlipIsNoticed() throws {
    let sealer = Sealer(keys)
    let cell = SealedCell("jobs.input", row: row)
    let sealed = try sealer.seal([UInt8]("a prompt".utf8), in: cell)
    for index in sealed.bytes.indices {
      for bit in 0..<8 {
        var bytes = sealed.bytes
        bytes[index] ^= 1 << UInt8(bit)
        #expect(throws: SealError.self) { try sealer.open(Sealed(bytes: bytes), in: cell) }
      }
    }
  }

  @Test func anyLengthOfGarbageIsAnErrorAndNoCrash() {
    let sealer = Sealer(keys)
    for count in 0..<64 {
      let garbage = Sealed(bytes: Array(repeating: 1, count: count))
      #expect(throws: SealError.self) {
        try sealer.open(garbage, in: SealedCell("jobs.input", row: row))
      }
    }
  }

  @Test func whatAnOlderKeySealedStillOpens() throws {
    let cell = SealedCell("jobs.input", row: row)
    let sealed = try Sealer([keys[0]]).seal([7], in: cell)
    #expect(try Sealer(keys).open(sealed, in: cell) == [7])
    #expect(throws: SealError.self) { try Sealer([keys[1]]).open(sealed, in: cell) }
  }
}

@Suite struct BearerTokenTests {
  @Test func aTokenHas256RandomBitsAndParsesBack() throws {
    let token = BearerToken()
    #expect(token.secret.utf8.count == 46)
    #expect(BearerToken(token.secret)?.secret == token.secret)
    #expect(Set((0..<100).map { _ in BearerToken().secret }).count == 100)
  }

  @Test(arguments: [
    "", "oc_", "oc_short", String(repeating: "a", count: 46),
    "oc_" + String(repeating: "é", count: 43),
  ])
  func whatIsNoTokenIsRefused(text: String) {
    #expect(BearerToken(text) == nil)
  }

  @Test func hashesDependOnTheKeyAndTheDescriptionHidesTheSecret() {
    let token = BearerToken()
    let hasher = TokenHasher([MasterKey(id: 1)])
    #expect(hasher.hash(token) == hasher.hash(token))
    #expect(hasher.hash(token) != TokenHasher([MasterKey(id: 1)]).hash(token))
    #expect(!"\(token)".contains(token.secret))
  }
}

@Suite struct KeyFileTests {
  @Test func isMadeOnceForItsOwnerAloneAndReadBack() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    #expect(try KeyFile.createIfMissing(path))
    #expect(try !KeyFile.createIfMissing(path))
    #expect(try KeyFile.read(path).map(\.id) == [1])
    var information = stat()
    stat(path, &information)
    #expect(information.st_mode & 0o777 == 0o600)
  }

  @Test func oneThatOthersMayReadIsRefusedWithTheRemedy() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    try KeyFile.createIfMissing(path)
    chmod(path, 0o640)
    let error = #expect(throws: KeyFileError.self) { try KeyFile.read(path) }
    #expect(error?.description.contains("chmod 600") == true)
  }

  @Test(arguments: ["", "1:short", "x:AAAA", "nonsense"])
  func malformedOnesAreRefused(text: String) throws {
    let path = temporaryPath()
    defer { unlink(path) }
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    chmod(path, 0o600)
    #expect(throws: KeyFileError.self) { try KeyFile.read(path) }
  }

  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
  }
}
