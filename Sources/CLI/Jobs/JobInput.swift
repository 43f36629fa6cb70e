import Glibc
import Jobs

/// Where a job's input comes from, and how it is read.
struct JobInput {
  /// More than any gateway takes, and little enough to hold in memory.
  static let maximumBytes = 16 << 20

  /// The argument; `-` for standard input.
  var argument: String?
  /// A path; `-` for standard input.
  var file: String?
  /// Whether the text is JSON; otherwise it is the message itself.
  var isJSON: Bool
  /// What stands for no input at all; `nil` where one is needed.
  var fallback: JSONValue?

  /// Reads the input.
  ///
  /// - Throws: ``CommandError`` with status `usage`.
  func value(_ surroundings: Surroundings) throws -> JSONValue {
    guard let bytes = try bytes(surroundings) else {
      guard let fallback else {
        throw CommandError.usage("an agent needs an INPUT, or --input-file")
      }
      return fallback
    }
    guard bytes.count <= Self.maximumBytes else {
      throw CommandError.usage("the input is over \(Self.maximumBytes >> 20) MiB")
    }
    guard isJSON else { return .string(try Self.text(bytes)) }
    do {
      return try JSONValue(json: bytes)
    } catch {
      throw CommandError.usage(
        "the input is not JSON",
        hint: #"JSON is such as '{"path":"README.md"}'; a text has quotes: '"yes"'."#)
    }
  }

  /// The bytes as they are; `nil` for no input at all.
  func bytes(_ surroundings: Surroundings) throws -> [UInt8]? {
    switch (argument, file) {
    case ("-"?, nil), (nil, "-"?): try surroundings.readInput(Self.maximumBytes)
    case (let text?, nil): [UInt8](text.utf8)
    case (nil, let path?): try Self.read(path)
    case (nil, nil): nil
    case (_?, _?): throw CommandError.usage("give either INPUT or --input-file")
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandError.usage("\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try readAll(from: descriptor, limit: maximumBytes)
  }

  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError.usage("the input is not UTF-8 text")
    }
    return text
  }
}
