/// Decides what the pieces of an answer mean: head lines in, a head out, the body counted.
struct ResponseAssembler {
  private enum Phase { case statusLine, fields, body }

  /// What a head line was.
  enum Line: Equatable {
    /// The head goes on.
    case part
    /// The head is whole.
    case end(ResponseHead)
    /// An interim head is whole; another one follows.
    case interimEnd
    /// A field after the body.
    case trailer
    /// The transfer must end now; see ``refusal``.
    case refused
  }

  /// Past this many bytes of head an answer is refused, whatever the request allows.
  static let maximumHeadBytes = 256 << 10

  private let limits: HTTPRequest.Limits
  private let acceptsGzip: Bool
  private var phase = Phase.statusLine
  private var headBytes = 0
  private var bodyBytes = 0
  private var status = 0
  private var headers = HTTPHeaders()

  /// Why the transfer must end now, once it must.
  private(set) var refusal: HTTPError.Code?

  init(limits: HTTPRequest.Limits, acceptsGzip: Bool) {
    self.limits = limits
    self.acceptsGzip = acceptsGzip
  }

  /// Whether the head is whole.
  var hasHead: Bool { phase == .body }

  /// Takes one line of a head as libcurl gives it: whole, with its line end.
  mutating func takeHeadLine(_ line: some Collection<UInt8>) -> Line {
    headBytes += line.count
    guard headBytes <= min(limits.maximumHeaderBytes, Self.maximumHeadBytes) else {
      return refuse(.headersTooLarge)
    }
    let text = line.trimmingLineEnd
    switch phase {
    case .statusLine:
      guard let status = Self.status(in: text) else { return refuse(.protocolError) }
      self.status = status
      phase = .fields
      return .part
    case .fields where text.isEmpty:
      return endHead()
    case .fields:
      addField(text)
      return .part
    case .body:
      return .trailer
    }
  }

  /// Counts the next bytes of the body, as they are after content coding.
  ///
  /// - Returns: Whether the transfer goes on.
  mutating func takeBody(_ count: Int) -> Bool {
    if phase != .body { refusal = refusal ?? .protocolError }
    if count > limits.maximumBodyBytes - bodyBytes { refusal = refusal ?? .bodyTooLarge }
    bodyBytes += count
    return refusal == nil
  }

  private mutating func endHead() -> Line {
    guard status >= 200 else {
      headers = HTTPHeaders()
      phase = .statusLine
      return .interimEnd
    }
    // libcurl undoes any coding that it knows, also several in a row, asked for or not.
    let codings = headers.values(for: "Content-Encoding").map { $0.lowercased() }
    guard !acceptsGzip || codings.isEmpty || codings == ["gzip"] || codings == ["identity"] else {
      return refuse(.protocolError)
    }
    phase = .body
    return .end(ResponseHead(status: status, headers: headers))
  }

  private mutating func refuse(_ code: HTTPError.Code) -> Line {
    refusal = refusal ?? code
    return .refused
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
