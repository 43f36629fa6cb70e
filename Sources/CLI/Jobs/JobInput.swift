import Glibc
import Jobs

/// Where a job's input comes from, and how it is read.
struct JobInput {
  /// The argument; `-` for standard input.
  var argument: String?
  /// A path; `-` for standard input.
  var file: String?
  /// Whether the text is JSON; otherwise it is the message itself.
  var isJSON: Bool
  /// What stands for no input at all; `nil` where one is needed.
  var fallback: JSONValue?
  /// How many bytes there may be: more than any gateway takes in one job, and little enough to hold
  /// in memory.
  var limit = 16 << 20

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
    guard isJSON else { return .string(try Self.text(bytes)) }
    do {
      return try JSONValue(json: bytes)
    } catch {
      throw CommandError.usage(
        "the input is not JSON",
        hint: #"JSON is such as '{"path":"README.md"}'; a text has quotes: '"yes"'."#)
    }
  }

  /// The bytes as they are, all of them; `nil` for no input at all.
  ///
  /// - Throws: ``CommandError`` with status `usage`, also where there are more than ``limit``.
  func bytes(_ surroundings: Surroundings) throws -> [UInt8]? {
    let bytes: [UInt8]? =
      switch (argument, file) {
      case ("-"?, nil), (nil, "-"?): try surroundings.readInput(limit)
      case (let text?, nil): [UInt8](text.utf8)
      case (nil, let path?): try read(path)
      case (nil, nil): nil
      case (_?, _?): throw CommandError.usage("give either INPUT or --input-file")
      }
    guard bytes?.count ?? 0 <= limit else {
      throw CommandError.usage("the input is over \(limit >> 20) MiB")
    }
    return bytes
  }

  private func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandError.usage("\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try readAll(from: descriptor, limit: limit)
  }

  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError.usage("the input is not UTF-8 text")
    }
    return text
  }
}
