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
  /// - Throws: ``Problem``; what the meter throws; an error of the connection when the client went
  ///   away.
  func wholeBody(limit: Int, meter: BatchGate.Meter? = nil) async throws -> ByteBuffer {
    try checkAnnouncedLength(limit: limit)
    var whole = ByteBuffer()
    for try await var part in body {
      guard whole.readableBytes + part.readableBytes <= limit else {
        throw Problem.bodyTooLarge(limit: limit)
      }
      try meter?.take(part.readableBytes)
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
  @inline(never)  // Inlined into functions that suspend, it crashes the optimizer of Swift 6.3.
  func json(limit: Int) async throws -> JSONValue {
    try await jsonBody(limit: limit).json()
  }

  /// A body that is to be JSON, as it came.
  ///
  /// - Parameter meter: Told of each part; what it throws ends the reading.
  /// - Throws: ``Problem`` for a wrong content type or size; what the meter throws.
  func jsonBody(limit: Int, meter: BatchGate.Meter? = nil) async throws -> ByteBuffer {
    guard RequestHeaders(fields: headers).isJSON else {
      throw Problem(
        .unsupportedMediaType, "The body must be 'Content-Type: application/json' in UTF-8.",
        headers: [.accept: "application/json"])
    }
    return try await plainBody(limit: limit, meter: meter)
  }

  /// The body as JSON, or an empty object where it has no bytes, whatever type is named for it.
  ///
  /// - Throws: ``Problem`` for a wrong content type, size or form.
  func optionalJSON(limit: Int) async throws -> JSONValue {
    let body = try await plainBody(limit: limit)
    guard body.readableBytes > 0 else { return [:] }
    guard RequestHeaders(fields: headers).isJSON else {
      throw Problem(
        .unsupportedMediaType,
        "The body must be empty, or 'Content-Type: application/json' in UTF-8.",
        headers: [.accept: "application/json"])
    }
    return try body.json()
  }

  /// The whole body, which must not be compressed.
  func plainBody(limit: Int, meter: BatchGate.Meter? = nil) async throws -> ByteBuffer {
    guard headers[values: .contentEncoding].allSatisfy({ $0.lowercased() == "identity" }) else {
      throw Problem(.unsupportedMediaType, "The body must not be encoded.")
    }
    return try await wholeBody(limit: limit, meter: meter)
  }

  /// Reads the body of a command that takes no arguments: nothing, or an empty JSON object.
  ///
  /// - Throws: ``Problem`` for anything else.
  func emptyBody() async throws {
    let body = try await plainBody(limit: 4_096)
    guard body.readableBytes > 0 else { return }
    guard RequestHeaders(fields: headers).isJSON else {
      throw Problem(
        .unsupportedMediaType, "The body must be empty, or {} as 'Content-Type: application/json'.",
        headers: [.accept: "application/json"])
    }
    guard case .object(let members) = try body.json() else {
      throw Problem(
        .invalidBody, "The body must be empty or {}.", faults: [.init(pointer: "", "An object.")])
    }
    try Problem.refuseUnknown(members.keys.sorted(), known: [])
  }
}

extension ByteBuffer {
  /// What is in it as JSON.
  ///
  /// - Throws: ``Problem`` for what is none, or beyond the limits.
  func json(limits: JSONLimits = JSONLimits()) throws(Problem) -> JSONValue {
    do {
      return try JSONValue.parse(readableBytesView, limits: limits)
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

  /// The members of a body that must be an object.
  static func members(of body: JSONValue) throws(Problem) -> [String: JSONValue] {
    guard case .object(let members) = body else {
      throw Problem(
        .invalidBody, "The body must be a JSON object.", faults: [.init(pointer: "", "An object.")])
    }
    return members
  }

  /// The same, for a body that may have no others than those that are known.
  static func members(
    of body: JSONValue, known: [String]
  ) throws(Problem) -> [String: JSONValue] {
    let members = try members(of: body)
    try refuseUnknown(members.keys.sorted(), known: known)
    return members
  }

  /// The same, for what makes jobs and does not take all fields of ``JobSubmission`` yet.
  ///
  /// - Parameters:
  ///   - known: Those that it takes.
  ///   - prefix: Of the pointers to the members.
  static func refuseUnknown(
    _ names: [String], ofJob known: [String], under prefix: String = ""
  ) throws(Problem) {
    let job = JobSubmission.fields.union(JobSubmission.unbuiltFields).subtracting(known)
    let unbuilt = names.filter { name in job.contains { $0.utf8.elementsEqual(name.utf8) } }
    guard unbuilt.isEmpty else {
      throw Problem(
        .fieldNotSupportedYet, "Not supported here yet: \(unbuilt.joined(separator: ", ")).",
        faults: unbuilt.map { .init(pointer: "\(prefix)/\($0)", "Not supported yet.") })
    }
    do throws(Problem) {
      try refuseUnknown(names, known: known)
    } catch {
      throw error.moved(under: prefix)
    }
  }

  /// Refuses members of a body that the route does not know.
  static func refuseUnknown(_ names: [String], known: [String]) throws(Problem) {
    // By bytes: a look-alike in another normal form is another name.
    let unknown = names.filter { name in !known.contains { $0.utf8.elementsEqual(name.utf8) } }
    guard !unknown.isEmpty else { return }
    throw Problem(
      .unknownField,
      known.isEmpty
        ? "The body takes no members." : "Only \(known.joined(separator: ", ")) may be sent.",
      faults: unknown.prefix(20).map { .init(pointer: "/" + pointerToken($0), "Unknown field.") })
  }

  static func bodyTooLarge(limit: Int) -> Problem {
    Problem(.bodyTooLarge, "The body is larger than \(limit) bytes.")
  }
}
