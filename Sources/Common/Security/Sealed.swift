import Crypto
public import Foundation

/// User content as it is stored: encrypted, and bound to its place.
///
/// Layout: version (1 byte, `1`), key id (4 bytes, big-endian), nonce (12), AES-256-GCM
/// ciphertext, tag (16).
public struct Sealed: Sendable, Hashable {
  /// What the column holds; checked only when it is opened.
  public let bytes: [UInt8]

  /// Takes bytes as they were stored.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The place of a sealed value; it opens only there.
public struct SealedCell: Sendable, Hashable {
  let name: StaticString
  let row: UUID

  /// - Parameters:
  ///   - name: `table.column`.
  ///   - row: The row's primary key.
  public init(_ name: StaticString, row: UUID) {
    self.name = name
    self.row = row
  }

  fileprivate func authenticated(header: some Sequence<UInt8>) -> [UInt8] {
    var bytes = [UInt8](header)
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(0)
    withUnsafeBytes(of: row.uuid) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Whether both name the same column of the same row.
  public static func == (left: Self, right: Self) -> Bool {
    left.row == right.row && left.name.description == right.name.description
  }

  /// Hashes the row alone, so all cells of a row collide.
  public func hash(into hasher: inout Hasher) { hasher.combine(row) }
}

/// Why a sealed value did not open.
public enum SealError: Error, Sendable {
  /// Not a sealed value of a known version.
  case malformed
  /// Sealed with a key that this process does not have.
  case unknownKey(UInt32)
  /// Changed, or moved from another place.
  case notAuthentic
}

/// Seals with the newest key, opens with any.
public struct Sealer: Sendable {
  private static let version: UInt8 = 1
  private static let headerCount = 5

  private let newest: UInt32
  private let keys: [UInt32: SymmetricKey]

  /// - Parameter keys: At least one, oldest first.
  public init(_ keys: [MasterKey]) {
    precondition(!keys.isEmpty, "a sealer needs a key")
    newest = keys.last.map(\.id) ?? 0
    self.keys = Dictionary(keys.map { ($0.id, $0.derived(for: .sealing)) }) { _, last in last }
  }

  /// Encrypts under a fresh random nonce.
  public func seal(_ plaintext: [UInt8], in cell: SealedCell) throws -> Sealed {
    guard let key = keys[newest] else { throw SealError.unknownKey(newest) }
    let header = [Self.version] + withUnsafeBytes(of: newest.bigEndian) { [UInt8]($0) }
    let box = try AES.GCM.seal(
      plaintext, using: key, authenticating: cell.authenticated(header: header))
    return Sealed(bytes: header + [UInt8](box.nonce) + box.ciphertext + box.tag)
  }

  /// Decrypts a value that was sealed in the same cell.
  ///
  /// - Throws: ``SealError``.
  public func open(_ sealed: Sealed, in cell: SealedCell) throws(SealError) -> [UInt8] {
    let bytes = sealed.bytes
    guard bytes.count >= Self.headerCount + 28, bytes[0] == Self.version else {
      throw .malformed
    }
    let header = bytes[..<Self.headerCount]
    let id = header.dropFirst().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard let key = keys[id] else { throw .unknownKey(id) }
    do {
      let box = try AES.GCM.SealedBox(combined: bytes[Self.headerCount...])
      return [UInt8](
        try AES.GCM.open(box, using: key, authenticating: cell.authenticated(header: header)))
    } catch {
      throw .notAuthentic
    }
  }
}
