import AMQP
import FoundationEssentials
public import Jobs

/// What a worker tells the gateways where somebody may watch a job. All of it is a hint: the events
/// themselves are in PostgreSQL.
public struct Reply: Sendable, Hashable {
  /// What there is to tell.
  public enum Content: Sendable, Hashable {
    /// The job has events up to a seq, which counts from 1; whether it is over.
    case progress(sequence: Int64, isFinal: Bool)
    /// A piece of a running turn's text.
    case text(Text)
  }

  /// A piece of text, before an event stores it.
  public struct Text: Sendable, Hashable {
    /// The turn.
    public let step: StepID
    /// Which run of the step wrote it, from 1.
    public let run: Int
    /// Where it begins in the turn's text, in bytes; like `run`, at most what an Int32 holds.
    public let offset: Int
    /// The sealed text; ``maximumBytes`` at most before it was sealed.
    public let sealed: [UInt8]

    /// What keeps the message below 4 KiB.
    public static let maximumBytes = 2048

    /// The caller seals, and knows how long a piece may be.
    public init(step: StepID, run: Int, offset: Int, sealed: [UInt8]) {
      self.step = step
      self.run = run
      self.offset = offset
      self.sealed = sealed
    }
  }

  /// The job to look up; hints about jobs that nobody watches may arrive, too.
  public let job: JobID
  /// The job's random key; a frame with another one is forged and dropped.
  public let key: [UInt8]
  /// What there is to tell.
  public let content: Content

  /// `key` is the job's `reply_key`.
  public init(job: JobID, key: [UInt8], content: Content) {
    self.job = job
    self.key = key
    self.content = content
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
      isPersistent: false, body: body.json)
  }

  private var body: JSONValue {
    switch content {
    case .progress(let sequence, let isFinal):
      ["job": .string(job.description), "seq": .integer(sequence), "final": .bool(isFinal)]
    case .text(let text):
      [
        "job": .string(job.description), "step": .string(text.step.description),
        "attempt": .integer(Int64(text.run)), "offset": .integer(Int64(text.offset)),
        "text": .string(Data(text.sealed).base64EncodedString()),
      ]
    }
  }

  /// Reads a frame from a reply queue.
  ///
  /// - Returns: `nil` when it is no reply of a version that this build knows.
  init?(_ message: AMQPMessage) {
    guard message.type == "event", message.headers["x-oc-version"] == .integer(1),
      case .string(let hexadecimal) = message.headers["x-oc-key"],
      let key = [UInt8](hexadecimal: hexadecimal), message.body.count <= 4096,
      let body = try? JSONValue(json: message.body),  // no JSON: not a reply
      let job = body["job"]?.text.flatMap({ JobID($0) }), let content = Content(body)
    else { return nil }
    self.init(job: job, key: key, content: content)
  }
}

extension Reply.Content {
  fileprivate init?(_ body: JSONValue) {
    if let sequence = body["seq"]?.int, case .bool(let isFinal) = body["final"] {
      self = .progress(sequence: sequence, isFinal: isFinal)
    } else if let step = body["step"]?.text.flatMap({ StepID($0) }),
      let run = body["attempt"]?.int.flatMap(Int32.init(exactly:)).map(Int.init),
      let offset = body["offset"]?.int.flatMap(Int32.init(exactly:)).map(Int.init), run > 0,
      offset >= 0,
      let sealed = body["text"]?.text.flatMap({ Data(base64Encoded: $0) })
    {
      self = .text(Reply.Text(step: step, run: run, offset: offset, sealed: [UInt8](sealed)))
    } else {
      return nil
    }
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
