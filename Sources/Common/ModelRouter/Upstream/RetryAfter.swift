import Glibc
public import HTTP

/// Reads how long a server wants to be left alone.
public enum RetryAfter {
  /// The longest wait that is believed, in seconds: a day.
  static let longest = 86_400.0

  /// `retry-after-ms` wins over `Retry-After`, which is a number of seconds or a date (RFC 9110,
  /// section 10.2.3).
  ///
  /// - Returns: From zero to a day; `nil` without a header that can be read.
  public static func read(_ headers: HTTPHeaders) -> Duration? { read(headers, now: time(nil)) }

  /// - Parameter now: Seconds since 1970, which a date is compared with; the server's clock may
  ///   be another.
  static func read(_ headers: HTTPHeaders, now: Int) -> Duration? {
    if let value = headers["retry-after-ms"].flatMap(number) { return bounded(value / 1000) }
    guard let value = headers["retry-after"] else { return nil }
    if let seconds = number(value) { return bounded(seconds) }
    return HTTPDate.seconds(value).map { bounded(Double($0 - now)) }
  }

  /// A plain decimal number: no sign, exponent, infinity or hexadecimal.
  private static func number(_ text: String) -> Double? {
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    return isPlain ? Double(text) : nil
  }

  private static func bounded(_ seconds: Double) -> Duration {
    .seconds(min(max(0, seconds), longest))
  }
}
