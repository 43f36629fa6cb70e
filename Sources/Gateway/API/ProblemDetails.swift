import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs

/// Why a request is not done, as RFC 9457 tells it: thrown by handlers, answered by
/// ``ProblemMiddleware``.
struct Problem: Error {
  /// One place in the request and what is wrong with it.
  struct Fault: Error {
    /// A JSON pointer into the body, or the name of a query parameter or header.
    let place: Place
    let detail: String

    enum Place {
      case pointer(String)
      case parameter(String)
      case header(String)
    }

    var json: JSONValue {
      switch place {
      // What a client sent may be long; a cut pointer would point elsewhere.
      case .pointer(let pointer) where pointer.utf8.count > 1_024:
        ["detail": .string(detail)]
      case .pointer(let pointer): ["pointer": .string(pointer), "detail": .string(detail)]
      case .parameter(let name): ["parameter": .string(name), "detail": .string(detail)]
      case .header(let name): ["header": .string(name), "detail": .string(detail)]
      }
    }
  }

  let kind: ProblemKind
  /// One or two sentences about this occurrence; anyone may read it.
  let detail: String
  var faults: [Fault] = []
  var headers: HTTPFields = [:]
  /// Members besides those of RFC 9457.
  var members: [String: JSONValue] = [:]

  init(
    _ kind: ProblemKind, _ detail: String, faults: [Fault] = [], headers: HTTPFields = [:],
    members: [String: JSONValue] = [:]
  ) {
    self.kind = kind
    self.detail = detail
    self.faults = faults
    self.headers = headers
    self.members = members
  }

  /// UTF-8 JSON of the problem.
  ///
  /// - Parameter path: The request's path without its query; `nil` when it could not be read.
  func body(path: String?, requestID: String) -> [UInt8] {
    var members = document
    members["request_id"] = .string(requestID)
    if let path { members["instance"] = .string(clipped(path, to: 1_024)) }
    return JSONValue.object(members).json
  }

  /// What does not depend on the request that it answers.
  var document: [String: JSONValue] {
    var members = members
    members["type"] = .string("/problems/\(kind.rawValue)")
    members["title"] = .string(kind.title)
    members["status"] = .integer(Int64(kind.status))
    members["detail"] = .string(detail)
    members["code"] = .string(kind.code)
    if !faults.isEmpty { members["errors"] = .array(faults.map(\.json)) }
    return members
  }

  /// The whole answer.
  func response(path: String?, requestID: String) -> Response {
    var headers = headers
    headers[.contentType] = "application/problem+json"
    return Response(
      status: HTTPResponse.Status(code: kind.status), headers: headers,
      body: ResponseBody(
        byteBuffer: ByteBuffer(bytes: body(path: path, requestID: requestID))))
  }
}

extension Problem {
  /// What a service's error means to the client.
  init(_ error: ServiceError) {
    switch error {
    case .unavailable(let retryAfter, let detail):
      self.init(.unavailable, detail, headers: .retry(after: retryAfter))
    case .backlogFull(let retryAfter):
      self.init(
        .backlogFull, "Too many jobs are waiting; new ones are refused for now.",
        headers: .retry(after: retryAfter))
    case .rateLimited(let retryAfter):
      self.init(
        .rateLimited, "This user sends more than their share.",
        headers: .retry(after: retryAfter))
    case .idempotencyKeyReused:
      self.init(
        .idempotencyKeyReused,
        "An earlier request with this Idempotency-Key asked for something else.")
    case .forbidden(let detail): self.init(.forbidden, detail)
    case .poolNotManaged:
      self.init(
        .poolNotManaged,
        "Nothing starts and stops workers of this pool; start them by hand: openclaw-worker --pool "
          + "with the pool's name, or under openclaw up.")
    case .batchNotOpen:
      self.init(
        .batchNotOpen, "The batch takes no jobs any more.",
        faults: [.init(pointer: "/batch_id", "An open batch.")])
    case .unknownBatch:
      self.init(
        .invalidBody, "The job cannot be run as it asks.", faults: [JobSubmission.unknownBatch])
    case .startsTooLate:
      self.init(
        .invalidBody, "The job would start at its deadline or later.",
        faults: [.init(pointer: "", "A start before the job's deadline.")])
    case .badSchedule(.cron(let detail)):
      self.init(.invalidCron, detail, faults: [.init(pointer: "/cron", detail)])
    case .badSchedule(.timeZone(let detail)):
      self.init(.invalidCron, detail, faults: [.init(pointer: "/time_zone", detail)])
    case .badSchedule(.nameTaken):
      self.init(
        .scheduleNameTaken, "Another schedule of the user has this name.",
        faults: [.init(pointer: "/name", "Taken.")])
    case .badSchedule(.tooMany): self.init(.tooManySchedules, "The user has 1,000 schedules.")
    case .badSchedule(.unreadable):
      self.init(
        .scheduleUnreadable,
        "The stored input of the schedule cannot be read: PATCH the schedule with its input.")
    case .unknownWebhook:
      self.init(
        .invalidBody, "The job cannot be run as it asks.", faults: [JobSubmission.unknownWebhook])
    case .badWebhook(.url(let detail)):
      self.init(
        .invalidBody, "No request may be made to this URL.",
        faults: [.init(pointer: "/url", detail)])
    case .badWebhook(.nameTaken):
      self.init(
        .webhookNameTaken, "Another webhook of the user has this name.",
        faults: [.init(pointer: "/name", "Taken.")])
    case .badWebhook(.tooMany): self.init(.tooManyWebhooks, "The user has 100 webhooks.")
    case .badWebhook(.neverTold):
      self.init(
        .invalidBody, "The webhook would never be told anything.",
        faults: [
          .init(
            pointer: "/events",
            "Without 'all_jobs' it hears of jobs that name it, and batch.completed is of no job.")
        ])
    case .badWebhook(.disabled):
      self.init(
        .webhookDisabled,
        "The webhook is disabled, so nothing can be sent to it again: enable it first.")
    case .unfitInput(let target):
      self.init(
        .invalidInput, "The input does not fit \(target).",
        faults: [.init(pointer: "/input", "What \(target) takes.")])
    case .internalError: self.init(.internalError, "The request could not be done.")
    }
  }
}

extension HTTPFields {
  /// `Retry-After` in whole seconds, rounded up, at least one.
  static func retry(after delay: Duration) -> HTTPFields {
    let (seconds, attoseconds) = delay.components
    let whole = Swift.min(Swift.max(seconds, 0), 86_400) + (attoseconds > 0 ? 1 : 0)
    return [.retryAfter: String(Swift.max(1, whole))]
  }
}

/// The text's first Unicode scalars, as many as fit into so many bytes.
func clipped(_ text: String, to bytes: Int) -> String {
  guard text.utf8.count > bytes else { return text }
  var clipped = String.UnicodeScalarView()
  var count = 0
  for scalar in text.unicodeScalars {
    count += scalar.utf8.count
    guard count <= bytes else { break }
    clipped.append(scalar)
  }
  return String(clipped) + "…"
}
