import Foundation

/// The end of a log file, for error messages.
enum LogTail {
  /// The last lines of `file` that are not blank, oldest first; nothing if it cannot be read.
  ///
  /// - Parameter start: what is before this byte belongs to earlier runs and does not count.
  static func lines(_ count: Int = 15, of file: URL, from start: UInt64 = 0) -> [String] {
    // The log explains another error; that it cannot be read must not replace that one.
    guard let handle = try? FileHandle(forReadingFrom: file) else { return [] }
    let window: UInt64 = 16 << 10
    let size = (try? handle.seekToEnd()) ?? 0  // same
    try? handle.seek(toOffset: max(start, size > window ? size - window : 0))  // same
    let data = (try? handle.readToEnd()) ?? Data()  // same
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
    let kept = lines.filter { line in line.contains { !$0.isWhitespace } }
    return kept.suffix(count).map { String($0.prefix(300)) }
  }

  /// The size of a log in bytes; 0 where there is none yet.
  static func size(of file: URL) -> UInt64 {
    var status = stat()
    return stat(file.path, &status) == 0 ? UInt64(clamping: status.st_size) : 0
  }
}
