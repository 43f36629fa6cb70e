/// Decides what the pieces of an answer mean: head lines and body bytes in, a response out.
struct ResponseAssembler {
  private enum Phase { case statusLine, fields, body }

  /// Past this many bytes of head an answer is refused.
  static let maximumHeadBytes = 256 << 10

  private let maximumBodyBytes: Int
  private var phase = Phase.statusLine
  private var headBytes = 0
  private var status = 0
  private var headers = HTTPHeaders()
  private var body: [UInt8] = []

  /// Why the transfer must end now, once it must.
  private(set) var refusal: HTTPError.Code?

  init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

  /// Takes one line of a head as libcurl gives it: whole, with its line end.
  ///
  /// - Returns: Whether the transfer goes on.
  mutating func takeHeadLine(_ line: some Collection<UInt8>) -> Bool {
    headBytes += line.count
    guard headBytes <= Self.maximumHeadBytes else { return refuse(.headersTooLarge) }
    let text = line.trimmingLineEnd
    switch phase {
    case .statusLine:
      guard let status = Self.status(in: text) else { return refuse(.protocolError) }
      self.status = status
      phase = .fields
    case .fields where text.isEmpty:
      if status < 200 { headers = HTTPHeaders() }
      phase = status < 200 ? .statusLine : .body
    case .fields:
      addField(text)
    case .body:
      break  // a trailer
    }
    return true
  }

  /// Takes the next bytes of the body.
  ///
  /// - Returns: Whether the transfer goes on.
  mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard phase == .body else { return refuse(.protocolError) }
    guard bytes.count <= maximumBodyBytes - body.count else { return refuse(.bodyTooLarge) }
    body.append(contentsOf: bytes)
    return true
  }

  /// The answer, when its end has come; `nil` when it has no whole head.
  func finish() -> HTTPResponse? {
    phase == .body ? HTTPResponse(status: status, headers: headers, body: body) : nil
  }

  private mutating func refuse(_ code: HTTPError.Code) -> Bool {
    refusal = refusal ?? code
    return false
  }

  private mutating func addField(_ line: some Collection<UInt8>) {
    // libcurl lets lines without a colon through; like obsolete folding they mean nothing here.
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon != line.startIndex else {
      return
    }
    let value = line[line.index(after: colon)...].trimmingSpace
    headers.add(
      String(decoding: value, as: UTF8.self), for: String(decoding: line[..<colon], as: UTF8.self))
  }

  /// `HTTP/1.1 200 OK`, `HTTP/2 200`: the three digits after the first space.
  private static func status(in line: some Collection<UInt8>) -> Int? {
    guard line.starts(with: "HTTP/".utf8), let space = line.firstIndex(of: UInt8(ascii: " ")) else {
      return nil
    }
    let digits = line[space...].dropFirst().prefix(3)
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return (100...599).contains(status) ? status : nil
  }
}

extension Collection<UInt8> {
  fileprivate var trimmingLineEnd: [UInt8] {
    var bytes = Array(self)
    while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
    return bytes
  }

  fileprivate var trimmingSpace: [UInt8] {
    var bytes = Array(drop { $0 == 0x20 || $0 == 0x09 })
    while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
    return bytes
  }
}
