import HTTPTypes
import Hummingbird
import Jobs
import Logging

/// `POST /api/v1/jobs/batch`: many jobs in one request, each accepted or refused on its own.
struct JobBatchRoutes: RouteGroup {
  private typealias Checked = (index: Int, request: JobRequest)

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
    let key = try batchKey(request)
    let batch = try await batch(request)
    let catalog = try await service.catalog()
    var answer = BatchAnswer(count: batch.items.count)
    var checked: [Checked] = []
    for (index, item) in batch.items.enumerated() {
      // Checking a large batch must not keep others from the shared threads.
      if index % 32 == 31 { await Task.yield() }
      do {
        let job = try BatchItem(
          item: item, index: index, pointer: "\(batch.pointer)/\(index)", batchKey: key
        ).request(by: principal, catalog: catalog)
        checked.append((index, job))
      } catch {
        answer.refuse(error, at: index)
      }
    }
    await store(checked, by: principal, context.logger, &answer)
    return .json(answer.json)
  }

  private func store(
    _ checked: [Checked], by principal: Principal, _ logger: Logger, _ answer: inout BatchAnswer
  ) async {
    guard !checked.isEmpty else { return }
    let outcomes = await service.acceptBatch(checked.map(\.request), by: principal)
    var logged: Set<ServiceError> = []
    for (entry, outcome) in zip(checked, outcomes) {
      switch outcome {
      case .success(let job): answer.accept(job, at: entry.index)
      case .failure(let error):
        if logged.insert(error).inserted { error.log(logger) }
        answer.refuse(Problem(error), at: entry.index)
      }
    }
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

  /// The key of the whole batch: `/999` still has to fit behind it.
  private func batchKey(_ request: Request) throws -> String? {
    let key = try RequestHeaders(fields: request.headers).idempotencyKey()
    guard let key, key.utf8.count > 251 else { return key }
    throw Problem(
      .malformedHeader, "The Idempotency-Key of a batch has 1 to 251 printable ASCII characters.",
      faults: [.init(header: "idempotency-key", "1 to 251 printable ASCII characters.")])
  }
}
