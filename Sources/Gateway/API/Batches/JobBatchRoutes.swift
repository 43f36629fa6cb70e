import HTTPTypes
import Hummingbird
import Jobs

/// `POST /api/v1/jobs/batch`: many jobs in one request, each accepted or refused on its own.
struct JobBatchRoutes: RouteGroup {
  let parts: RouteParts

  var routes: [Route] {
    [
      Route(
        .post, "/api/v1/jobs/batch", Self.document, bodyLimit: JobBatch.bodyLimit,
        .user { request, context, principal in
          try await accept(request, context, principal)
        })
    ]
  }

  private func accept(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let key = try request.batchKey()
    let headers = RequestHeaders(fields: request.headers)
    guard headers.isJSON || headers.isJSONLines else {
      throw Problem(
        .unsupportedMediaType,
        "The body must be 'Content-Type: application/json' or application/x-ndjson, in UTF-8.",
        headers: [.accept: "application/json, application/x-ndjson, application/jsonl"])
    }
    return try await parts.batchGate.pass(for: principal.user) { meter in
      try await request.plainBody(limit: JobBatch.bodyLimit, meter: meter)
    } store: { body in
      let batch = try headers.isJSON ? JobBatch(array: body) : JobBatch(lines: body)
      let answer = try await BulkIntake(service: parts.service, logger: context.logger)
        .accept(batch, key: key, by: principal)
      return .json(answer.json)
    }
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
