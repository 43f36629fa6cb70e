import Jobs

/// A webhook as the API shows it.
struct WebhookView: Sendable {
  let document: JSONValue
  let id: String
  /// `nil` for one without a name.
  let name: String?
  let url: String
  /// `active` or `disabled`.
  let state: String
  let events: [String]
  let coversAllJobs: Bool
  /// Set where it was just made or rotated.
  let secret: String?

  /// - Throws: ``CommandError`` when the document is no webhook.
  init(_ document: JSONValue) throws {
    guard let id = document["id"]?.text, let url = document["url"]?.text,
      let state = document["state"]?.text, let events = document["events"]?.elements
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.id = id
    self.url = url
    self.state = state
    self.events = events.compactMap(\.text)
    name = document["name"]?.text
    coversAllJobs = document["all_jobs"] == true
    secret = document["secret"]?.text
  }
}

/// A delivery as the API shows it.
struct DeliveryView: Sendable {
  let document: JSONValue
  let id: String
  let event: String
  let state: String

  /// - Throws: ``CommandError`` when the document is no delivery.
  init(_ document: JSONValue) throws {
    guard let id = document["id"]?.text, let event = document["event"]?.text,
      let state = document["state"]?.text
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.id = id
    self.event = event
    self.state = state
  }
}
