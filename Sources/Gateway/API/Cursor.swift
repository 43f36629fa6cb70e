import FoundationEssentials
import Jobs

/// Makes and checks the opaque `cursor` of a listing: the last id shown, under a keyed hash that
/// also covers whose listing it is and its filters.
struct CursorCodec: Sendable {
  private static let macLength = 16

  let sign: @Sendable ([UInt8]) -> [UInt8]

  /// The cursor for what comes after the id.
  func encode<Kind>(after id: Identifier<Kind>, of user: UserID, filters: String) -> String {
    let id = withUnsafeBytes(of: id.uuid.uuid) { [UInt8]($0) }
    return Data(id + mac(id, of: user, filters: filters)).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_")
  }

  /// The id after which the listing goes on.
  ///
  /// - Throws: ``Problem`` for a cursor that was not made for this user and these filters.
  func decode<Kind>(
    _ cursor: String, of user: UserID, filters: String
  ) throws(Problem) -> Identifier<Kind> {
    let base64 = cursor.replacing("-", with: "+").replacing("_", with: "/")
    guard cursor.utf8.count <= 64, let data = Data(base64Encoded: base64),
      data.count == 16 + Self.macLength
    else { throw .invalidCursor }
    let bytes = [UInt8](data)
    let id = [UInt8](bytes.prefix(16))
    let mac = mac(id, of: user, filters: filters)
    let difference = zip(bytes.dropFirst(16), mac).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
    // A hash that is too short must make no cursor genuine.
    guard mac.count == Self.macLength, difference == 0 else { throw .invalidCursor }
    var uuid = UUID().uuid
    withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: id) }
    return Identifier(UUID(uuid: uuid))
  }

  private func mac(_ id: [UInt8], of user: UserID, filters: String) -> [UInt8] {
    [UInt8](
      sign(id + [UInt8]("openclaw cursor v1\n\(user)\n\(filters)".utf8)).prefix(Self.macLength))
  }
}

extension Problem {
  static var invalidCursor: Problem {
    Problem(
      .invalidCursor, "The cursor was not made for this user and these filters.",
      faults: [.init(parameter: "cursor", "Use next_cursor unchanged.")])
  }
}
