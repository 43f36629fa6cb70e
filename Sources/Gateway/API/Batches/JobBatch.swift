import Jobs
import NIOCore

/// The items of a batch as they came: each a JSON value, or why it is none.
struct JobBatch {
  /// The most items of a batch.
  static let maximumCount = 1_000
  /// The most bytes of its body.
  static let bodyLimit = 16_777_216
  /// The most bytes of one item.
  static let itemLimit = 1_048_576
  /// The most values and keys of all items together.
  static let maximumNodes = 400_000

  /// Of a body that holds all of them.
  static let limits = JSONLimits(maximumNodes: maximumNodes)

  /// What came at one place of the batch.
  enum Item {
    case value(JSONValue)
    case bad(Problem)
  }

  let items: [Item]
  /// What stands before the index in the pointers of its items.
  let pointer: String

  /// A JSON array.
  ///
  /// - Throws: ``Problem`` when it is no array of 1 to 1,000 elements.
  init(array body: ByteBuffer) throws {
    guard let elements = try body.json(limits: Self.limits).elements else {
      throw Problem(
        .invalidBody, "The body must be a JSON array of jobs.",
        faults: [.init(pointer: "", "An array.")])
    }
    try self.init(elements, bytes: body.readableBytes, pointer: "")
  }

  /// The elements of an array that was part of a body.
  ///
  /// - Parameter bytes: How large the body was.
  /// - Throws: ``Problem`` when there are not 1 to 1,000 of them.
  init(_ elements: [JSONValue], bytes: Int, pointer: String) throws(Problem) {
    try Self.check(count: elements.count, at: pointer)
    items = elements.map { element in
      bytes > Self.itemLimit && element.json.count > Self.itemLimit
        ? .bad(Self.tooLarge) : .value(element)
    }
    self.pointer = pointer
  }

  /// Lines of JSON; a line without anything but white space is no item.
  ///
  /// - Throws: ``Problem`` when it has not 1 to 1,000 of them.
  init(lines body: ByteBuffer) throws {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    let lines = body.readableBytesView.split(separator: UInt8(ascii: "\n"))
      .filter { !$0.allSatisfy(isSpace) }
    try Self.check(count: lines.count, at: "")
    var nodes = Self.maximumNodes
    items = lines.map { Self.item($0, nodes: &nodes) }
    pointer = "/items"
  }

  /// One line.
  ///
  /// - Parameter nodes: How many values and keys it may have; those that it has are taken away.
  private static func item(_ line: ByteBufferView, nodes: inout Int) -> Item {
    guard line.count <= itemLimit else { return .bad(tooLarge) }
    do {
      let value = try JSONValue.parse(line, limits: JSONLimits(maximumNodes: min(nodes, 200_000)))
      nodes -= value.nodeCount
      return .value(value)
    } catch {
      return .bad(Problem(error))
    }
  }

  private static func check(count: Int, at pointer: String) throws(Problem) {
    guard count > 0 else {
      throw Problem(
        .invalidBody, "The batch holds no job.",
        faults: [.init(pointer: pointer, "1 to \(maximumCount) jobs.")])
    }
    guard count <= maximumCount else {
      throw Problem(
        .batchTooLarge, "The batch holds \(count) jobs; \(maximumCount) are allowed.",
        faults: [.init(pointer: pointer, "1 to \(maximumCount) jobs.")])
    }
  }

  private static var tooLarge: Problem {
    Problem(.bodyTooLarge, "The item is larger than \(itemLimit) bytes.")
  }
}

extension JSONValue {
  /// The values and keys in it, itself included.
  fileprivate var nodeCount: Int {
    switch self {
    case .null, .bool, .integer, .number, .string: 1
    case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
    case .object(let members): members.values.reduce(1) { $0 + 1 + $1.nodeCount }
    }
  }
}
