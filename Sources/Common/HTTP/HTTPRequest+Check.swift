extension HTTPRequest {
  /// Refuses what libcurl would cut at a NUL, take for more than one header, or read as secrets.
  ///
  /// - Throws: ``HTTPError`` with `badURL` or `badRequest`.
  func check() throws(HTTPError) {
    guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw HTTPError(.badURL, "the URL holds spaces, control or non-ASCII characters")
    }
    guard endpoint != "?" else {
      throw HTTPError(.badURL, "the URL is not absolute, or it holds a user name")
    }
    guard isToken(method.name) else {
      throw HTTPError(.badRequest, "the method is not a token", endpoint: endpoint)
    }
    for field in headers.fields {
      guard isToken(field.name) else {
        throw HTTPError(.badRequest, "a header's name is not a token", endpoint: endpoint)
      }
      // The value may be a token of the caller's, so it is not quoted.
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw HTTPError(
          .badRequest, "header \(field.name) holds control characters", endpoint: endpoint)
      }
    }
  }

  /// RFC 9110, section 5.6.2.
  private func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
      }
  }
}
