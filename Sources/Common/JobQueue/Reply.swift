import AMQP
import FoundationEssentials
public import Jobs

/// A hint to the gateways that a job has new events. The events themselves are in PostgreSQL.
public struct Reply: Sendable, Hashable {
  /// The job to look up; hints about jobs that nobody watches may arrive, too.
  public let job: JobID
  /// The seq of the newest event.
  public let sequence: Int64
  /// Whether the job is over.
  public let isFinal: Bool
  /// The job's random key; a frame with another one is forged and dropped.
  public let key: [UInt8]

  /// `sequence` counts from 1; `key` is the job's `reply_key`.
  public init(job: JobID, sequence: Int64, isFinal: Bool, key: [UInt8]) {
    self.job = job
    self.sequence = sequence
    self.isFinal = isFinal
    self.key = key
  }

  /// The routing key of a job's replies: FNV-1a of its id modulo the number of shards.
  public static func routingKey(of job: JobID, shards: Int) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    withUnsafeBytes(of: job.uuid.uuid) { bytes in
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return "shard.\(hash % UInt64(shards))"
  }

  /// The message on the wire; `queues/event.schema.json` describes its body.
  func message(source: String) -> AMQPMessage {
    AMQPMessage(
      type: "event", appID: source, correlationID: job.description,
      contentType: "application/json",
      headers: ["x-oc-version": .integer(1), "x-oc-key": .string(key.hexadecimal)],
      isPersistent: false,
      body: JSONValue.object([
        "job": .string(job.description), "seq": .integer(sequence), "final": .bool(isFinal),
      ]).json)
  }

  /// Reads a frame from a reply queue.
  ///
  /// - Returns: `nil` when it is no reply of a version that this build knows.
  init?(_ message: AMQPMessage) {
    guard message.type == "event", message.headers["x-oc-version"] == .integer(1),
      case .string(let hexadecimal) = message.headers["x-oc-key"],
      let key = [UInt8](hexadecimal: hexadecimal), message.body.count <= 4096,
      let body = try? JSONValue(json: message.body),  // no JSON: not a reply
      let job = body["job"]?.text.flatMap({ JobID($0) }), let sequence = body["seq"]?.int,
      case .bool(let isFinal) = body["final"]
    else { return nil }
    self.init(job: job, sequence: sequence, isFinal: isFinal, key: key)
  }
}

extension [UInt8] {
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  init?(hexadecimal text: String) {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    let values = digits.compactMap(\.self)
    self = stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) }
  }
}
