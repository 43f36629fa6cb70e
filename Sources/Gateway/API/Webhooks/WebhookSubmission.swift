import Jobs

/// Turns the body of an endpoint into a request that is valid in form.
struct WebhookSubmission {
  /// The longest URL, in bytes.
  static let urlLimit = 2_048
  /// How long an old secret may go on signing.
  static let keepLimit = Duration.seconds(30 * 86_400)

  private let members: [String: JSONValue]

  /// - Throws: ``Problem`` for what is no object and for fields that an endpoint does not have.
  init(_ body: JSONValue) throws(Problem) {
    members = try Problem.members(
      of: body, known: ["all_jobs", "disabled", "events", "name", "url"])
  }

  /// A new endpoint; its URL must be there.
  ///
  /// - Throws: ``Problem`` for what is missing or wrong.
  func request() throws(Problem) -> WebhookRequest {
    guard members["url"] != nil else {
      throw Problem(
        .invalidBody, "The body lacks: url.", faults: [.init(pointer: "/url", "Required.")])
    }
    guard members["disabled"] == nil else {
      throw fault("disabled", "Only for an endpoint that is there.")
    }
    return try change().applied(to: WebhookRequest(url: ""))
  }

  /// What the body changes of an endpoint that is there.
  ///
  /// - Throws: ``Problem`` for what is wrong.
  func change() throws(Problem) -> WebhookChange {
    var change = WebhookChange()
    if let value = members["url"] { change.url = try url(value) }
    if let value = members["name"] { change.name = .some(try name(value)) }
    if let value = members["events"] { change.events = try events(value) }
    if let value = members["all_jobs"] { change.coversAllJobs = try flag(value, "all_jobs") }
    if let value = members["disabled"] { change.isDisabled = try flag(value, "disabled") }
    return change
  }

  /// The body of a rotation: how long the old secret goes on signing, a day unless it says so.
  ///
  /// - Throws: ``Problem`` for what is wrong.
  static func keepingOld(_ body: JSONValue) throws(Problem) -> Duration {
    let members = try Problem.members(of: body, known: ["keep_old_for"])
    guard let value = members["keep_old_for"] else { return .seconds(86_400) }
    guard let time = value.text.flatMap(DurationText.parse), time >= .zero, time <= keepLimit
    else {
      throw Problem(
        .invalidBody, "A field has a bad value.",
        faults: [
          .init(
            pointer: "/keep_old_for", DurationText.form(insteadOf: value) + " From 0 s to 30 d.")
        ])
    }
    return time
  }

  private func url(_ value: JSONValue) throws(Problem) -> String {
    guard let url = value.text, (1...Self.urlLimit).contains(url.utf8.count) else {
      throw fault("url", "A URL of 1 to 2,048 bytes.")
    }
    return url
  }

  private func name(_ value: JSONValue) throws(Problem) -> String? {
    if value == .null { return nil }
    guard let name = value.text.flatMap({ SessionName($0) }), WebhookID(name.description) == nil
    else {
      throw fault("name", "\(SessionName.form) No UUID.")
    }
    return name.description
  }

  private func events(_ value: JSONValue) throws(Problem) -> Set<WebhookEvent> {
    let words = value.elements ?? []
    let events = words.compactMap { word in
      WebhookEvent.allCases.first { word.text?.utf8.elementsEqual($0.rawValue.utf8) == true }
    }
    guard !events.isEmpty, events.count == words.count else {
      let known = WebhookEvent.allCases.map(\.rawValue).joined(separator: ", ")
      throw fault("events", "One or more of \(known).")
    }
    return Set(events)
  }

  private func flag(_ value: JSONValue, _ field: String) throws(Problem) -> Bool {
    guard case .bool(let flag) = value else { throw fault(field, "true or false.") }
    return flag
  }

  private func fault(_ field: String, _ detail: String) -> Problem {
    Problem(
      .invalidBody, "A field has a bad value.", faults: [.init(pointer: "/\(field)", detail)])
  }
}
