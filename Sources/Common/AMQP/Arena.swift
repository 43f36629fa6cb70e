import CRabbitMQ

/// Owns the memory that the pointers in one C call or in a batch of frames point to.
///
/// Wraps `amqp_pool_t`. What it hands out is valid until ``recycle()`` or its end.
final class Arena {
  private let pool: UnsafeMutablePointer<amqp_pool_t>

  init() {
    pool = .allocate(capacity: 1)
    pool.initialize(to: amqp_pool_t())
    init_amqp_pool(pool, 16384)
  }

  deinit {
    empty_amqp_pool(pool)
    pool.deallocate()
  }

  func recycle() { recycle_amqp_pool(pool) }

  /// Copies a long string or anything else that has no limit of its own.
  func longString(_ text: String) throws(AMQPError) -> amqp_bytes_t { try copy(text.utf8) }

  /// Copies a short string: at most 255 bytes (AMQP 0-9-1, section 4.2.5.3).
  ///
  /// - Throws: `badArgument`, naming `what`.
  func shortString(_ text: String, _ what: String) throws(AMQPError) -> amqp_bytes_t {
    guard text.utf8.count <= 255 else {
      throw AMQPError(.badArgument, "\(what) is longer than 255 bytes")
    }
    return try copy(text.utf8)
  }

  /// A field table; the keys are short strings.
  ///
  /// - Throws: `badArgument` for a key that is too long.
  func table(_ fields: [String: AMQPFieldValue]) throws(AMQPError) -> amqp_table_t {
    guard !fields.isEmpty else { return amqp_table_t() }
    let size = fields.count * MemoryLayout<amqp_table_entry_t>.stride
    let entries = try allocate(size).bindMemory(
      to: amqp_table_entry_t.self, capacity: fields.count)
    var next = entries
    // Sorted, so that the same fields always make the same bytes.
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      var entry = amqp_table_entry_t()
      entry.key = try shortString(key, "a table's key")
      entry.value = try fieldValue(value)
      next.initialize(to: entry)
      next += 1
    }
    return amqp_table_t(num_entries: Int32(fields.count), entries: entries)
  }

  /// A table as the value of a field, as client properties need it.
  func nested(_ table: amqp_table_t) -> amqp_field_value_t {
    var value = amqp_field_value_t()
    value.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
    value.value.table = table
    return value
  }

  private func fieldValue(_ field: AMQPFieldValue) throws(AMQPError) -> amqp_field_value_t {
    var value = amqp_field_value_t()
    switch field {
    case .string(let text):
      value.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
      value.value.bytes = try longString(text)
    case .integer(let number):
      value.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
      value.value.i64 = number
    case .boolean(let flag):
      value.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
      value.value.boolean = flag ? 1 : 0
    }
    return value
  }

  private func copy(_ text: String.UTF8View) throws(AMQPError) -> amqp_bytes_t {
    guard !text.isEmpty else { return amqp_bytes_t() }
    let memory = try allocate(text.count)
    UnsafeMutableRawBufferPointer(start: memory, count: text.count).copyBytes(from: text)
    return amqp_bytes_t(len: text.count, bytes: memory)
  }

  private func allocate(_ size: Int) throws(AMQPError) -> UnsafeMutableRawPointer {
    guard let memory = amqp_pool_alloc(pool, size) else {
      throw AMQPError(.badArgument, "no memory for \(size) bytes")
    }
    return memory
  }
}
