import HTTPTypes
import Hummingbird
import Jobs

/// `POST /api/v1/jobs/batch`: many jobs in one request, each accepted or refused on its own.
struct JobBatchRoutes: RouteGroup {
  let service: any JobService
  private let gate = BatchGate()

  init(service: any JobService) { self.service = service }

  var routes: [Route] {
    [
      Route(
        .post, "/api/v1/jobs/batch", Self.document, bodyLimit: JobBatch.bodyLimit,
        .user { request, context, principal in
          try await gate.pass { try await accept(request, context, principal) }
        })
    ]
  }

  private func accept(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let key = try request.batchKey()
    let answer = try await BulkIntake(service: service, logger: context.logger)
      .accept(try await batch(request), key: key, by: principal)
    return .json(answer.json)
  }

  private func batch(_ request: Request) async throws -> JobBatch {
    let headers = RequestHeaders(fields: request.headers)
    guard headers.isJSON || headers.isJSONLines else {
      throw Problem(
        .unsupportedMediaType,
        "The body must be 'Content-Type: application/json' or application/x-ndjson, in UTF-8.",
        headers: [.accept: "application/json, application/x-ndjson, application/jsonl"])
    }
    let body = try await request.plainBody(limit: JobBatch.bodyLimit)
    return try headers.isJSON ? JobBatch(array: body) : JobBatch(lines: body)
  }
}

extension Request {
  /// The key of a request with many items: `/999` still has to fit behind it.
  func batchKey() throws -> String? {
    let key = try RequestHeaders(fields: headers).idempotencyKey()
    guard let key, key.utf8.count > 251 else { return key }
    throw Problem(
      .malformedHeader, "The Idempotency-Key of a batch has 1 to 251 printable ASCII characters.",
      faults: [.init(header: "idempotency-key", "1 to 251 printable ASCII characters.")])
  }
}
