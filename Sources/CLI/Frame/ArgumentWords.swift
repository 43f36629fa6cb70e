/// The words of a command line before anything is known of them.
struct ArgumentWords {
  /// With repair where they were not UTF-8.
  let values: [String]
  /// Whether all of them were UTF-8.
  let areText: Bool

  init(_ values: [String]) {
    self.values = values
    areText = true
  }

  private init(bytes: [[UInt8]]) {
    values = bytes.map { String(decoding: $0, as: UTF8.self) }
    areText = bytes.allSatisfy { String(validating: $0, as: UTF8.self) != nil }
  }

  /// Those of this process, without its name.
  static func process() -> ArgumentWords {
    // CommandLine.arguments has been repaired already.
    let words = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    return ArgumentWords(
      bytes: words.dropFirst().compactMap { word in
        word.map { Array(String.bytes(of: $0)) }
      })
  }

  /// What to say of words that are not UTF-8: to repair them would change what they name.
  static let notText = CommandError.usage("the command line is not UTF-8 text")

  /// The form of output that is asked for, for errors of a line that cannot be parsed.
  var format: OutputFormat {
    var format = OutputFormat.table
    var isValue = false
    for word in values.prefix(while: { $0 != "--" }) {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if isValue {
        format = OutputFormat(rawValue: word) ?? format
        isValue = false
      } else if ["-o", "--output"].contains(parts[0]) {
        if parts.count == 2 { format = OutputFormat(rawValue: String(parts[1])) ?? format }
        isValue = parts.count == 1
      }
    }
    return format
  }
}

extension String {
  /// The bytes of a C string before its NUL.
  fileprivate static func bytes(of pointer: UnsafePointer<CChar>) -> some Sequence<UInt8> {
    sequence(state: pointer) { next -> UInt8? in
      defer { next += 1 }
      return next.pointee == 0 ? nil : UInt8(bitPattern: next.pointee)
    }
  }
}
