import CRabbitMQ

/// The library's words for an `amqp_status_enum`. Wraps `amqp_error_string2`.
func statusText(_ status: Int32) -> String {
  amqp_error_string2(status).map { String(cString: $0) } ?? "status \(status)"
}

extension AMQPError {
  /// From a reply that is not `AMQP_RESPONSE_NORMAL`.
  init(_ reply: amqp_rpc_reply_t, file: String = #fileID, line: UInt = #line) {
    switch reply.reply_type {
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      self.init(closing: reply.reply, file: file, line: line)
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      self.init(status: reply.library_error, file: file, line: line)
    default:
      self.init(.connectionClosed, "the broker's answer is missing", file: file, line: line)
    }
  }

  /// From a negative `amqp_status_enum`.
  init(status: Int32, file: String = #fileID, line: UInt = #line) {
    let code: Code = status == AMQP_STATUS_TIMEOUT.rawValue ? .timeout : .connectionClosed
    self.init(code, statusText(status), file: file, line: line)
  }

  /// From `channel.close` or `connection.close`.
  init(closing method: amqp_method_t, file: String = #fileID, line: UInt = #line) {
    var replyCode: UInt16 = 0
    var text = ""
    var fallback = Code.channelClosed
    if method.id == UInt32(AMQP_CHANNEL_CLOSE_METHOD), let decoded = method.decoded {
      let close = decoded.load(as: amqp_channel_close_t.self)
      (replyCode, text) = (close.reply_code, String(close.reply_text))
    } else if method.id == UInt32(AMQP_CONNECTION_CLOSE_METHOD), let decoded = method.decoded {
      let close = decoded.load(as: amqp_connection_close_t.self)
      (replyCode, text) = (close.reply_code, String(close.reply_text))
      fallback = .connectionClosed
    }
    self.init(
      Code(replyCode: replyCode) ?? fallback, text, replyCode: replyCode, file: file, line: line)
  }
}

extension AMQPError.Code {
  /// The reply codes that have a code of their own (AMQP 0-9-1, section 1.5).
  fileprivate init?(replyCode: UInt16) {
    switch replyCode {
    case 403: self = .accessRefused
    case 404: self = .notFound
    case 405: self = .resourceLocked
    case 406: self = .preconditionFailed
    default: return nil
    }
  }
}
