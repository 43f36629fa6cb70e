import Jobs

/// One item of a batch on its way to a request: the body of a single job, and its own key.
struct BatchItem {
  let item: JobBatch.Item
  let index: Int
  /// Where it stands in the batch, as a JSON pointer.
  let pointer: String
  /// The key of the whole batch, if it has one.
  let batchKey: String?

  /// Checks it as a single job is checked.
  ///
  /// - Parameter webhooks: Those of the user, if an item of the batch ``namesWebhook``.
  /// - Throws: ``Problem`` with pointers into the batch.
  func request(
    by principal: Principal, catalog: CapabilityCatalog, webhooks: [WebhookRecord]
  ) throws(Problem) -> JobRequest {
    do {
      let (body, key) = try parts()
      let submission = JobSubmission(body: body, principal: principal, webhooks: webhooks)
      return try submission.request(
        try submission.header(), idempotencyKey: key, catalog: catalog)
    } catch let problem as Problem {
      throw problem.moved(under: pointer)
    } catch {
      throw Problem(.internalError, "The item could not be checked.")
    }
  }

  /// Whether the user's webhooks have to be known to check it.
  var namesWebhook: Bool {
    if case .value(let body) = item { body["webhook"] != nil } else { false }
  }

  /// The job without the member that only batches have.
  private func parts() throws(Problem) -> (body: JSONValue, key: String?) {
    let inherited = batchKey.map { "\($0)/\(index)" }
    switch item {
    case .bad(let problem): throw problem
    case .value(.object(var members)):
      guard let own = members.removeValue(forKey: "idempotency_key") else {
        return (.object(members), inherited)
      }
      guard let key = own.text, (1...255).contains(key.utf8.count),
        key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
      else {
        throw Problem(
          .invalidBody, "The idempotency_key is not 1 to 255 printable ASCII characters.",
          faults: [.init(pointer: "/idempotency_key", "1 to 255 printable ASCII characters.")])
      }
      return (.object(members), key)
    case .value(let other): return (other, inherited)
    }
  }
}

extension Problem {
  /// The same without what it says of a member.
  func without(pointer: String) -> Problem {
    var problem = self
    problem.faults.removeAll { fault in
      guard case .pointer(let place) = fault.place else { return false }
      return place.utf8.elementsEqual(pointer.utf8)
    }
    return problem
  }

  /// The same with its pointers below another one.
  func moved(under prefix: String) -> Problem {
    var problem = self
    problem.faults = faults.map { fault in
      guard case .pointer(let pointer) = fault.place else { return fault }
      return Fault(pointer: prefix + pointer, fault.detail)
    }
    return problem
  }
}
