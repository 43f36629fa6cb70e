import CRabbitMQ

extension String {
  /// A copy; bytes that are not UTF-8 become U+FFFD.
  init(_ bytes: amqp_bytes_t) {
    self.init(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
  }
}

extension UnsafeRawBufferPointer {
  /// The library's memory, valid until it reuses its buffers.
  init(_ bytes: amqp_bytes_t) { self.init(start: bytes.bytes, count: bytes.len) }
}

extension AMQPMessage {
  /// Copies a header frame's properties; the body is empty.
  init(_ properties: amqp_basic_properties_t) {
    func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
      properties._flags & UInt32(flag) == 0 ? nil : String(bytes)
    }
    self.init(
      messageID: text(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id),
      type: text(AMQP_BASIC_TYPE_FLAG, properties.type),
      appID: text(AMQP_BASIC_APP_ID_FLAG, properties.app_id),
      correlationID: text(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id),
      contentType: text(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type),
      isPersistent: properties._flags & UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG) != 0
        && properties.delivery_mode == 2,
      expiration: text(AMQP_BASIC_EXPIRATION_FLAG, properties.expiration))
    if properties._flags & UInt32(AMQP_BASIC_TIMESTAMP_FLAG) != 0 {
      timestamp = properties.timestamp
    }
    if properties._flags & UInt32(AMQP_BASIC_HEADERS_FLAG) != 0 {
      headers = Self.fields(properties.headers)
    }
  }

  private static func fields(_ table: amqp_table_t) -> [String: AMQPFieldValue] {
    var fields: [String: AMQPFieldValue] = [:]
    let entries = UnsafeBufferPointer(start: table.entries, count: Int(max(table.num_entries, 0)))
    for entry in entries {
      guard let value = AMQPFieldValue(entry.value) else { continue }
      fields[String(entry.key)] = value
    }
    return fields
  }
}

extension AMQPFieldValue {
  /// Nil for a kind that has no case here.
  fileprivate init?(_ field: amqp_field_value_t) {
    switch UInt32(field.kind) {
    case AMQP_FIELD_KIND_UTF8.rawValue: self = .string(String(field.value.bytes))
    case AMQP_FIELD_KIND_BOOLEAN.rawValue: self = .boolean(field.value.boolean != 0)
    case AMQP_FIELD_KIND_I8.rawValue: self = .integer(Int64(field.value.i8))
    case AMQP_FIELD_KIND_U8.rawValue: self = .integer(Int64(field.value.u8))
    case AMQP_FIELD_KIND_I16.rawValue: self = .integer(Int64(field.value.i16))
    case AMQP_FIELD_KIND_U16.rawValue: self = .integer(Int64(field.value.u16))
    case AMQP_FIELD_KIND_I32.rawValue: self = .integer(Int64(field.value.i32))
    case AMQP_FIELD_KIND_U32.rawValue: self = .integer(Int64(field.value.u32))
    case AMQP_FIELD_KIND_I64.rawValue: self = .integer(field.value.i64)
    case AMQP_FIELD_KIND_U64.rawValue, AMQP_FIELD_KIND_TIMESTAMP.rawValue:
      guard let number = Int64(exactly: field.value.u64) else { return nil }
      self = .integer(number)
    default: return nil
    }
  }
}
