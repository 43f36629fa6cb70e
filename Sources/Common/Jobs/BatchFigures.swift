extension JSONValue {
  /// The value with the batch's figures in place of their names, such as `${batch.failed}`, in its
  /// strings.
  public func filled(in counts: BatchCounts, of batch: BatchID) -> JSONValue {
    filled(with: BatchFigures(counts, of: batch))
  }

  private func filled(with figures: BatchFigures) -> JSONValue {
    switch self {
    case .string(let text): .string(figures.filled(into: text))
    case .array(let elements): .array(elements.map { $0.filled(with: figures) })
    case .object(let members): .object(members.mapValues { $0.filled(with: figures) })
    case .null, .bool, .integer, .number: self
    }
  }
}

/// What stands for the names of a batch's figures. It works on bytes, in one pass: a text may have
/// a megabyte.
private struct BatchFigures {
  private let values: [(name: [UInt8], value: [UInt8])]

  init(_ counts: BatchCounts, of batch: BatchID) {
    values = [
      ("id", batch.description), ("total", "\(counts.total)"),
      ("succeeded", "\(counts.succeeded)"), ("failed", "\(counts.failed)"),
      ("cancelled", "\(counts.cancelled)"), ("expired", "\(counts.expired)"),
    ].map { (name: Array("${batch.\($0)}".utf8), value: Array($1.utf8)) }
  }

  func filled(into text: String) -> String {
    var rest = Array(text.utf8)[...]
    var filled: [UInt8] = []
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      filled += rest[..<dollar]
      rest = rest[dollar...]
      if let figure = values.first(where: { rest.starts(with: $0.name) }) {
        filled += figure.value
        rest = rest.dropFirst(figure.name.count)
      } else {
        filled.append(UInt8(ascii: "$"))
        rest = rest.dropFirst()
      }
    }
    return String(decoding: filled + rest, as: UTF8.self)
  }
}
