/// Parameters as libpq wants them: pointers, lengths and formats.
struct ParameterBuffers {
  private var storage: [UInt8] = []
  private var offsets: [Int?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  init(_ parameters: [SQL.Parameter]) {
    storage.reserveCapacity(parameters.reduce(1) { $0 + ($1.bytes?.count ?? 0) + 1 })
    for parameter in parameters {
      offsets.append(parameter.bytes == nil ? nil : storage.count)
      lengths.append(Int32(clamping: parameter.bytes?.count ?? 0))
      formats.append(parameter.type.format.rawValue)
      storage.append(contentsOf: parameter.bytes ?? [])
      storage.append(0)  // text parameters are C strings
    }
    storage.append(0)  // so that there is a base address
  }

  /// The pointers live as long as the closure.
  func withPointers<T>(
    _ body: (
      _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]
    ) -> T
  ) -> T {
    storage.withUnsafeBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      return body(
        offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }, lengths, formats)
    }
  }
}

/// Swift strings as a NULL-terminated array of C strings.
enum CStrings {
  /// The pointers live as long as the closure.
  static func with<T>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> T) -> T {
    var storage: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(storage.count)
      storage.append(contentsOf: string.utf8CString)
    }
    storage.append(0)
    return storage.withUnsafeBufferPointer { buffer in
      body(offsets.map { buffer.baseAddress?.advanced(by: $0) } + [nil])
    }
  }
}
