import AMQP
import FoundationEssentials
public import Jobs

/// "One more step of this lane is ready." Its receiver may claim the lane's best step; the step
/// that it names is the one that rang it, for traces and for people who look into the queue.
public struct Ticket: Sendable, Hashable {
  /// The step that rang; it may be claimed or over by now.
  public let step: StepID
  /// The step's job; the message's correlation id.
  public let job: JobID
  /// Carried by the routing key, not by the body.
  public let lane: Lane

  /// The caller gives the step's own lane; nothing looks it up.
  public init(step: StepID, job: JobID, lane: Lane) {
    self.step = step
    self.job = job
    self.lane = lane
  }

  /// The message on the wire; `queues/request.schema.json` describes its body.
  func message(source: String) -> AMQPMessage {
    AMQPMessage(
      messageID: StepID().description, type: "request", appID: source,
      correlationID: job.description, timestamp: UInt64(max(0, Date().timeIntervalSince1970)),
      contentType: "application/json", headers: ["x-oc-version": .integer(1)],
      isPersistent: true,
      body: JSONValue.object([
        "job": .string(job.description), "step": .string(step.description),
      ]).json)
  }

  /// Reads a message that came from the lane's queue.
  ///
  /// - Returns: `nil` when it is no ticket of a version that this build knows.
  init?(_ message: AMQPMessage, lane: Lane) {
    guard message.type == "request", message.headers["x-oc-version"] == .integer(1),
      message.body.count <= 4096,
      let body = try? JSONValue(json: message.body),  // no JSON: not a ticket
      let job = body["job"]?.text.flatMap({ JobID($0) }),
      let step = body["step"]?.text.flatMap({ StepID($0) })
    else { return nil }
    self.init(step: step, job: job, lane: lane)
  }
}
