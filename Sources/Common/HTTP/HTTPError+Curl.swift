import CCurl
import Glibc

extension HTTPError {
  /// Translates a CURLcode. libcurl's error buffer may quote URLs and headers, so it is not used.
  ///
  /// - Parameters:
  ///   - systemError: `errno` as CURLINFO_OS_ERRNO gives it; 0 for none.
  ///   - wasSent: Whether bytes of the request had been written.
  init(curl result: CURLcode, systemError: Int32, wasSent: Bool, endpoint: String) {
    var code = Self.code(for: result)
    // libcurl says "unsupported protocol" also of an answer that is not HTTP.
    if wasSent, code == .badURL { code = .protocolError }
    var message =
      code == .connectTimeout
      ? "no connection within the time to connect" : String(cString: curl_easy_strerror(result))
    // After a handshake or a reply, errno is left over from something else.
    let isSystem = systemError != 0 && [.connectFailed, .connectionLost].contains(code)
    if isSystem { message += " (\(String(cString: strerror(systemError))))" }
    self.init(
      code, message, endpoint: endpoint, isInDoubt: wasSent || code == .connectionLost,
      curlCode: result.rawValue, systemError: isSystem ? systemError : nil)
  }

  private static func code(for result: CURLcode) -> Code {
    switch result {
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: .badURL
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolveFailed
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connectFailed
    // The one time-out that is left to libcurl.
    case CURLE_OPERATION_TIMEDOUT: .connectTimeout
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
      CURLE_HTTP2, CURLE_HTTP2_STREAM:
      .connectionLost
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
      .tls
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION:
      .resources
    default: .protocolError
    }
  }
}
