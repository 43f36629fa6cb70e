import Jobs

/// Turns the body of `POST /api/v1/batches` into a request that is valid and allowed.
struct BatchSubmission {
  private static let fields = ["name", "callback", "jobs"]
  private static let callbackFields = ["target", "input", "priority", "on"]

  private let members: [String: JSONValue]
  let principal: Principal

  /// - Throws: ``Problem`` for what is no object and for fields that a batch does not have.
  init(_ body: JSONValue, principal: Principal) throws(Problem) {
    members = try Problem.members(of: body, known: Self.fields)
    self.principal = principal
  }

  /// The jobs that come with it; `nil` for a batch that stays open.
  ///
  /// - Parameter bytes: How large the body was.
  /// - Throws: ``Problem`` for what is no array of 1 to 1,000 elements.
  func jobs(bytes: Int) throws(Problem) -> JobBatch? {
    guard let value = members["jobs"] else { return nil }
    guard let elements = value.elements else {
      throw Problem(
        .invalidBody, "The jobs must be an array.",
        faults: [.init(pointer: "/jobs", "An array.")])
    }
    return try JobBatch(elements, bytes: bytes, pointer: "/jobs")
  }

  /// - Throws: ``Problem`` for what is wrong or not allowed.
  func request(idempotencyKey: String?, catalog: CapabilityCatalog) throws -> BatchRequest {
    var request = BatchRequest()
    request.idempotencyKey = idempotencyKey
    if let value = members["name"] {
      guard let name = value.text.flatMap({ SessionName($0) }) else {
        throw fault("/name", SessionName.form)
      }
      request.name = name.description
    }
    guard let value = members["callback"] else { return request }
    guard case .object(var callback) = value else { throw fault("/callback", "An object.") }
    try Problem.refuseUnknown(
      callback.keys.sorted(), ofJob: Self.callbackFields, under: "/callback")
    if let word = callback.removeValue(forKey: "on") {
      guard let condition = CallbackCondition.allCases.first(where: { $0.name == word.text })
      else {
        throw fault(
          "/callback/on",
          "One of \(CallbackCondition.allCases.map(\.name).joined(separator: ", ")).")
      }
      request.condition = condition
    }
    let job = try job(.object(callback), catalog: catalog)
    try checkSize(of: job.input)
    request.callback = job
    return request
  }

  /// - Throws: ``Problem`` for an input that is larger than a job's, or may become so.
  private func checkSize(of input: JSONValue) throws(Problem) {
    let limit = JobBatch.itemLimit
    guard
      input.json.count > limit
        || input.filled(in: .longest, of: BatchID()).json.count > limit
    else { return }
    throw Problem(
      .bodyTooLarge,
      "The callback's input is larger than \(limit) bytes, with the longest figures filled in.",
      faults: [.init(pointer: "/callback/input", "At most \(limit) bytes.")])
  }

  /// The callback, checked as a job is.
  private func job(_ body: JSONValue, catalog: CapabilityCatalog) throws -> JobRequest {
    do {
      let submission = JobSubmission(body: body, principal: principal)
      return try submission.request(
        try submission.header(), idempotencyKey: nil, catalog: catalog)
    } catch let problem as Problem {
      throw problem.moved(under: "/callback")
    }
  }

  private func fault(_ pointer: String, _ detail: String) -> Problem {
    Problem(.invalidBody, "A field has a bad value.", faults: [.init(pointer: pointer, detail)])
  }
}

extension BatchCounts {
  /// With the longest figures that there may be.
  fileprivate static var longest: BatchCounts {
    let most = Int(Int32.max)
    var counts = BatchCounts()
    counts.total = most
    counts.succeeded = most
    counts.failed = most
    counts.cancelled = most
    counts.expired = most
    return counts
  }
}
