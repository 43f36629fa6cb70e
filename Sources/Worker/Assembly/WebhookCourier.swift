import Engine
import Foundation
import HTTP
import Jobs
import Logging
import ModelRouter
import Observability
import Security
import ServiceSupport

/// Makes the requests of deliveries, signed by Standard Webhooks 1.0.
struct WebhookCourier: WebhookDelivering {
  private let log: DeliveryLog
  private let http: HTTPClient
  private let metrics: Metrics

  /// - Parameter egress: Where requests may go; checked as each connects.
  init(log: DeliveryLog, egress: EgressPolicy, metrics: Metrics) {
    self.log = log
    self.metrics = metrics
    var configuration = HTTPClient.Configuration()
    configuration.egress = egress
    http = HTTPClient(configuration: configuration)
  }

  func send(
    _ delivery: DeliveryID, for call: SkillCall, isLast: Bool
  ) async throws -> DeliveryAnswer {
    switch try await log.open(delivery, of: call.user, by: call.job) {
    case .over(let answer): return answer
    case .givenUp(let answer):
      try await giveUp(delivery, call, answer)
      return answer
    case .send(let outgoing):
      let began = Date()
      let (status, failure) = try await post(outgoing, delivery, at: began)
      try await note(
        delivery, call, began: began, status: status, failure, isLast: isLast,
        gone: status == Self.gone ? outgoing : nil)
      return failure.map { .failed($0) } ?? .delivered(status: status ?? 200)
    }
  }

  /// Makes one request; its answer's body is not read.
  ///
  /// - Returns: The status, if there was an answer, and why it does not count as taken.
  private func post(
    _ outgoing: DeliveryLog.Outgoing, _ delivery: DeliveryID, at began: Date
  ) async throws -> (status: Int?, failure: DeliveryFailure?) {
    guard let id = WebhookMessageID(delivery.description) else {
      preconditionFailure("a UUID is a message's id")
    }
    let signed = WebhookSigner(outgoing.secrets).sign(id: id, at: began, body: outgoing.body)
    var request = HTTPRequest(
      .post, url: outgoing.url, body: outgoing.body, timeout: .seconds(10))
    request.headers["Content-Type"] = "application/json"
    request.headers["User-Agent"] = "openclaw/\(BuildInfo.version)"
    for (name, value) in signed.fields { request.headers[name] = value }
    do {
      let response = try await http.stream(request)
      return (response.status, Self.failure(of: response))
    } catch let error where error.code == .cancelled {
      throw CancellationError()
    } catch {
      return (nil, Self.failure(of: error))
    }
  }

  /// What a receiver answers that wants to be told nothing more.
  private static let gone = 410

  private static func failure(of response: HTTPStreamedResponse) -> DeliveryFailure? {
    guard !(200..<300).contains(response.status) else { return nil }
    return DeliveryFailure(
      code: "status_\(response.status)", message: "The receiver answered \(response.status).",
      isPermanent: response.status == gone, retryAfter: RetryAfter.read(response.headers))
  }

  /// What the policy forbids, or the URL cannot mean, is so the next time, too.
  private static func failure(of error: HTTPError) -> DeliveryFailure {
    DeliveryFailure(
      code: error.code.name, message: "The request failed: \(error.message).",
      isPermanent: [.egressRefused, .badURL, .badRequest].contains(error.code))
  }

  private func giveUp(
    _ delivery: DeliveryID, _ call: SkillCall, _ answer: DeliveryAnswer
  ) async throws {
    let (code, outcome): (String, String)
    switch answer {
    case .delivered, .superseded: return
    case .dropped(let reason): (code, outcome) = (reason, "dropped")
    case .failed(let failure): (code, outcome) = (failure.code, "failed")
    }
    if try await log.giveUp(delivery, by: call.stepRun, code) {
      metrics.add(.webhookDeliveries, [outcome])
    }
  }

  private func note(
    _ delivery: DeliveryID, _ call: SkillCall, began: Date, status: Int?,
    _ failure: DeliveryFailure?, isLast: Bool, gone: DeliveryLog.Outgoing?
  ) async throws {
    let isFinal = isLast || failure?.isPermanent == true
    // What is not noted is somebody else's to count.
    guard
      try await log.note(
        delivery, by: call.stepRun, began: began, status: status, error: failure?.code,
        isFinal: isFinal, gone: gone)
    else { return }
    let outcome =
      failure == nil ? "delivered" : gone != nil ? "gone" : isFinal ? "failed" : "retried"
    metrics.add(.webhookDeliveries, [outcome])
  }
}
