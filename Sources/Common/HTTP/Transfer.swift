import CCurl
import Glibc

/// One request on its way: owns the easy handle and what the handle points to.
///
/// libcurl calls back into it only while its ``CurlMulti`` runs, on the loop's thread.
final class Transfer {
  let id: TransferID
  /// Lives as long as the transfer, which frees it; it must have left the multi handle by then.
  let handle: UnsafeMutableRawPointer
  private(set) var deadlines: TransferDeadlines
  /// Whether the connection may be one that several transfers share.
  let mayBeHTTP2: Bool
  /// Opens and closes the connection's.
  let sockets: OpenSockets
  private var egress: EgressGuard
  private let endpoint: String
  private let channel: ResponseChannel
  private let alarm: DeadlineAlarm
  private var assembler: ResponseAssembler
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var sentBytes = 0

  /// - Parameters:
  ///   - channel: Gets what comes in.
  ///   - alarm: Is told of every deadline.
  ///   - sockets: Opens and closes the connection's; lives as long as the multi handle.
  /// - Throws: ``HTTPError`` with `badURL` or `resources`.
  init(
    _ request: HTTPRequest, id: TransferID, channel: ResponseChannel, alarm: DeadlineAlarm,
    sockets: OpenSockets, configuration: HTTPClient.Configuration
  ) throws(HTTPError) {
    guard let handle = curl_easy_init() else {
      throw HTTPError(.resources, "libcurl gave no handle")
    }
    self.id = id
    self.handle = handle
    self.channel = channel
    self.alarm = alarm
    self.sockets = sockets
    egress = EgressGuard(configuration.egress)
    endpoint = request.endpoint
    assembler = ResponseAssembler(limits: request.limits, acceptsGzip: request.acceptsGzip)
    deadlines = TransferDeadlines(request.limits, start: .now)
    mayBeHTTP2 = configuration.version != .http1 && !endpoint.utf8.starts(with: "http:".utf8)
    alarm.include(deadlines.next)
    try apply(request, configuration: configuration)
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headerList)
  }

  /// The transfer behind a handle.
  static func behind(_ handle: UnsafeMutableRawPointer) -> Transfer? {
    openclaw_easy_get_private(handle).map(behind(context:))
  }

  /// The transfer behind a callback's context, which is always an unretained ``Transfer``.
  static func behind(context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// What became of it, given libcurl's verdict.
  func outcome(_ result: CURLcode) -> Result<Void, HTTPError> {
    if let refusal = assembler.refusal { return .failure(error(refusal)) }
    // A line over 100 KiB is reported as a lack of memory.
    if result == CURLE_OUT_OF_MEMORY, wasSent, !assembler.hasHead {
      return .failure(error(.headersTooLarge))
    }
    guard result == CURLE_OK else {
      if egress.hasRefusedAll { return .failure(error(.egressRefused)) }
      let systemError = openclaw_easy_get_long(handle, CURLINFO_OS_ERRNO)
      return .failure(
        HTTPError(
          curl: result, systemError: Int32(truncatingIfNeeded: systemError), wasSent: wasSent,
          endpoint: endpoint))
    }
    return assembler.hasHead ? .success(()) : .failure(error(.protocolError))
  }

  /// Tells the reader that nothing more comes.
  func finish(_ outcome: Result<Void, HTTPError>) { channel.finish(outcome) }

  /// The error of a transfer that is ended from this side.
  func error(_ code: HTTPError.Code) -> HTTPError {
    HTTPError(code, code.reasonToEnd, endpoint: endpoint, isInDoubt: wasSent)
  }

  /// The connection that it uses, or used last.
  var connectionEnds: ConnectionEnds? {
    ConnectionEnds(
      local: openclaw_easy_get_long(handle, CURLINFO_LOCAL_PORT),
      remote: openclaw_easy_get_long(handle, CURLINFO_PRIMARY_PORT))
  }

  /// Whether bytes of the request have been written.
  private var wasSent: Bool { openclaw_easy_get_long(handle, CURLINFO_REQUEST_SIZE) > 0 }

  // MARK: What libcurl tells

  /// Opens a socket to connect to the address, if that is allowed.
  func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    guard address.withSocketAddress({ egress.admits(socketAddress: $0) }) else {
      return openclaw_socket_bad
    }
    return sockets.open(address.pointee)
  }

  /// Takes a line of a head or a trailer.
  ///
  /// - Returns: Whether the transfer goes on.
  func takeHeadLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let line = assembler.takeHeadLine(bytes)
    switch line {
    case .interimEnd: note { $0.didReceiveInterimHead(at: .now) }
    default: note { $0.didReceive(at: .now) }
    }
    if case .end(let head) = line { channel.begin(head) }
    return line != .refused
  }

  /// Takes bytes of the body.
  ///
  /// - Returns: `nil` to end the transfer, `false` to pause it and get the same bytes again.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool? {
    guard channel.makesRoom() else {
      deadlines.didPause()
      return false
    }
    guard assembler.takeBody(bytes.count) else { return nil }
    note { $0.didReceive(at: .now) }
    channel.append(bytes)
    return true
  }

  /// Takes notice that libcurl worked on the transfer.
  ///
  /// - Parameter uploaded: How much of the request's body was written.
  func noteProgress(uploaded: Int) {
    let sent = openclaw_easy_get_long(handle, CURLINFO_REQUEST_SIZE) + uploaded
    guard sent != sentBytes else { return }
    sentBytes = sent
    note { $0.didSend(at: .now) }
  }

  /// Goes on after a pause; calls back with what libcurl had kept. Wraps `curl_easy_pause`.
  func resume() -> CURLcode {
    note { $0.didResume(at: .now) }
    return curl_easy_pause(handle, CURLPAUSE_CONT)
  }

  private func note(_ event: (inout TransferDeadlines) -> Void) {
    event(&deadlines)
    alarm.include(deadlines.next)
  }

  // MARK: Options

  /// Adds a line to the request's head. Wraps `curl_slist_append`, which copies it.
  func addHeaderLine(_ line: String) throws(HTTPError) {
    guard let list = curl_slist_append(headerList, line) else {
      throw HTTPError(.resources, "no memory for a header", endpoint: endpoint)
    }
    headerList = list
  }

  /// Hands the header lines to the handle.
  func installHeaderLines() throws(HTTPError) {
    try check(openclaw_easy_set_headers(handle, headerList))
  }

  /// Turns a failed `curl_easy_setopt` into an error.
  func check(_ result: CURLcode) throws(HTTPError) {
    guard result == CURLE_OK else {
      throw HTTPError(curl: result, systemError: 0, wasSent: false, endpoint: endpoint)
    }
  }
}

extension HTTPError.Code {
  /// Why a transfer was ended from this side.
  fileprivate var reasonToEnd: String {
    switch self {
    case .cancelled: "the request was cancelled"
    case .timeout: "no whole answer within the total time"
    case .firstByteTimeout: "no answer within the time to the first byte"
    case .idleTimeout: "the answer stalled"
    case .bodyTooLarge: "the answer's body is over the limit"
    case .headersTooLarge: "the answer's head is over the limit"
    case .egressRefused: EgressGuard.reason
    case .protocolError: "the answer is not what HTTP allows"
    default: "libcurl did not take the request"
    }
  }
}
