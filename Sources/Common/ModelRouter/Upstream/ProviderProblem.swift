import Jobs

/// What a provider says went wrong: the body of an error answer, or an event inside a stream.
struct ProviderProblem: Sendable, Hashable {
  /// For people, as the provider wrote it; see ``MessageRedaction``.
  let message: String?
  /// The words that say what it is, such as `invalid_request_error` and `insufficient_quota`.
  let words: Set<String>
  /// The HTTP status, or a number in its place that a gateway of providers passes on.
  let status: Int?

  /// Nothing but a status, or not even that.
  init(status: Int?) {
    message = nil
    words = []
    self.status = status
  }

  /// Reads `{"error": {"message", "type", "code"}}`, and the forms of servers that only resemble
  /// it: a string for `error`, the object itself marked `"object": "error"`, and, in the body of
  /// an error answer, `message` or `detail` at the top.
  ///
  /// - Parameter status: That of the answer; `nil` inside a stream, where nothing but an error
  ///   in so many words is one.
  /// - Returns: `nil` when the value tells of no error.
  init?(_ value: JSONValue, status: Int?) {
    switch value["error"] {
    case .object(let members)?: self.init(members, status: status)
    case .string(let text)?: self.init(["message": .string(text)], status: status)
    default:
      guard case .object(let members) = value,
        status != nil || value["object"]?.text == "error"
      else { return nil }
      self.init(members, status: status)
    }
  }

  private init(_ members: [String: JSONValue], status: Int?) {
    message = members["message"]?.text ?? members["detail"]?.text
    words = Set([members["type"]?.text, members["code"]?.text].compactMap { $0 })
    let number = members["code"]?.int.flatMap(Int.init(exactly:))
    self.status = status ?? number.flatMap { (300...599).contains($0) ? $0 : nil }
  }
}
