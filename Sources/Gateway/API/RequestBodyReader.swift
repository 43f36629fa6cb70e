import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs
import NIOCore

extension Request {
  /// Refuses a body that is announced to be too large, before any of it is read.
  func checkAnnouncedLength(limit: Int) throws(Problem) {
    guard let text = headers[.contentLength] else { return }
    // The HTTP parser has checked that these are digits, so what is no Int is a larger number.
    guard let length = Int(text), length <= limit else { throw .bodyTooLarge(limit: limit) }
  }

  /// The whole body, never more than the limit and one read of it.
  ///
  /// - Throws: ``Problem``; an error of the connection when the client went away.
  func wholeBody(limit: Int) async throws -> ByteBuffer {
    try checkAnnouncedLength(limit: limit)
    var whole = ByteBuffer()
    for try await var part in body {
      guard whole.readableBytes + part.readableBytes <= limit else {
        throw Problem.bodyTooLarge(limit: limit)
      }
      whole.writeBuffer(&part)
    }
    if let announced = headers[.contentLength].flatMap({ Int($0) }),
      announced != whole.readableBytes
    {
      throw Problem(.malformedRequest, "The body ended early.")
    }
    return whole
  }

  /// The body as JSON.
  ///
  /// - Throws: ``Problem`` for a wrong content type, size or form.
  func json(limit: Int) async throws -> JSONValue {
    guard RequestHeaders(fields: headers).isJSON else {
      throw Problem(
        .unsupportedMediaType, "The body must be 'Content-Type: application/json' in UTF-8.",
        headers: [.accept: "application/json"])
    }
    guard headers[values: .contentEncoding].allSatisfy({ $0.lowercased() == "identity" }) else {
      throw Problem(.unsupportedMediaType, "The body must not be encoded.")
    }
    let body = try await wholeBody(limit: limit)
    do {
      return try JSONValue.parse(body.readableBytesView)
    } catch {
      throw Problem(error)
    }
  }
}

extension Problem {
  /// What a JSON error means to the client.
  init(_ error: JSONError) {
    self.init(
      .malformedJSON, error.description,
      faults: [.init(pointer: error.pointer, error.message)],
      members: [
        "reason": .string(error.code.rawValue), "offset": .integer(Int64(error.offset)),
      ])
  }

  static func bodyTooLarge(limit: Int) -> Problem {
    Problem(.bodyTooLarge, "The body is larger than \(limit) bytes.")
  }
}
