import Jobs

/// A file of jobs, cut into batches that the gateway takes.
///
/// NDJSON, one job per line, or one JSON array; which one shows its first character.
struct BatchFile {
  /// What one request may hold.
  static let maximumItems = 1_000
  static let maximumBytes = 16 << 20

  /// One request.
  struct Batch: Equatable {
    let bytes: [UInt8]
    let type: String
    /// The place of its first item in the file, from 0.
    let start: Int
  }

  let batches: [Batch]
  /// How many jobs there are.
  let count: Int

  /// More than this is not held in memory.
  private static let maximumFileBytes = 1 << 30

  /// Reads a file whole, so that nothing is sent of one that is broken further down.
  ///
  /// - Parameter path: `-` for standard input.
  /// - Throws: ``CommandError`` with status `usage`.
  init(reading path: String, _ surroundings: Surroundings) throws {
    let source = JobInput(
      argument: nil, file: path, isJSON: true, fallback: nil, limit: Self.maximumFileBytes)
    try self.init(try source.bytes(surroundings) ?? [])
  }

  /// - Throws: ``CommandError`` with status `usage`.
  init(_ bytes: [UInt8]) throws {
    let items =
      bytes.first { !Self.isSpace($0) } == UInt8(ascii: "[")
      ? try Self.elements(bytes)
      : bytes.split(separator: 0x0A).map(Array.init).filter { !$0.allSatisfy(Self.isSpace) }
    guard !items.isEmpty else { throw CommandError.usage("the batch holds no job") }
    var batches: [Batch] = []
    var lines: [UInt8] = []
    var start = 0
    for (index, item) in items.enumerated() {
      guard item.count < Self.maximumBytes else {
        throw CommandError.usage("item \(index) of the batch is over 16 MiB")
      }
      if index - start == Self.maximumItems || lines.count + item.count >= Self.maximumBytes {
        batches.append(Batch(bytes: lines, type: Self.type, start: start))
        (lines, start) = ([], index)
      }
      lines += item + [0x0A]
    }
    count = items.count
    self.batches = batches + [Batch(bytes: lines, type: Self.type, start: start)]
  }

  /// The jobs as values, for a request that says more than them.
  ///
  /// - Throws: ``CommandError`` with status `usage` for a line that is no JSON.
  func jobs() throws -> [JSONValue] {
    let lines = batches.flatMap { $0.bytes.split(separator: 0x0A) }
    return try lines.enumerated().map { index, line in
      do {
        return try JSONValue(json: Array(line))
      } catch {
        throw CommandError.usage("item \(index) of the batch is not JSON")
      }
    }
  }

  private static let type = "application/x-ndjson"

  private static func elements(_ bytes: [UInt8]) throws -> [[UInt8]] {
    // An array is sent as lines, too: so it may be longer than one request takes.
    guard let elements = try? JSONValue(json: bytes).elements else {  // as the error says
      throw CommandError.usage("the batch is neither a JSON array nor JSON lines")
    }
    return elements.map(\.json)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0D, 0x0A].contains(byte) }
}
