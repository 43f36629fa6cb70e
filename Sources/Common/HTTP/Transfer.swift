import CCurl
import Glibc

/// One request on its way: owns the easy handle and what the handle points to.
///
/// libcurl calls back into it only while its ``CurlMulti`` runs, on the loop's thread.
final class Transfer {
  let id: TransferID
  /// Lives as long as the transfer, which frees it; it must have left the multi handle by then.
  let handle: UnsafeMutableRawPointer
  private let endpoint: String
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var assembler: ResponseAssembler

  /// - Throws: ``HTTPError`` with `badURL` or `resources`.
  init(
    _ request: HTTPRequest, id: TransferID, configuration: HTTPClient.Configuration
  ) throws(HTTPError) {
    guard let handle = curl_easy_init() else {
      throw HTTPError(.resources, "libcurl gave no handle")
    }
    self.id = id
    self.handle = handle
    endpoint = request.endpoint
    assembler = ResponseAssembler(maximumBodyBytes: request.maximumBodyBytes)
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
  func outcome(_ result: CURLcode) -> Result<HTTPResponse, HTTPError> {
    if let refusal = assembler.refusal {
      return .failure(error(refusal, "the answer was refused while it came in"))
    }
    guard result == CURLE_OK else {
      return .failure(
        HTTPError(
          curl: result,
          systemError: Int32(
            truncatingIfNeeded: openclaw_easy_get_long(handle, CURLINFO_OS_ERRNO)),
          wasSent: wasSent, endpoint: endpoint))
    }
    guard let response = assembler.finish() else {
      return .failure(error(.protocolError, "the answer has no whole head"))
    }
    return .success(response)
  }

  /// The error of a transfer that is ended from this side.
  func error(_ code: HTTPError.Code, _ message: String) -> HTTPError {
    HTTPError(code, message, endpoint: endpoint, isInDoubt: wasSent)
  }

  /// Whether bytes of the request have been written.
  private var wasSent: Bool { openclaw_easy_get_long(handle, CURLINFO_REQUEST_SIZE) > 0 }

  func takeHeadLine(_ bytes: UnsafeRawBufferPointer) -> Bool { assembler.takeHeadLine(bytes) }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool { assembler.takeBody(bytes) }

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
