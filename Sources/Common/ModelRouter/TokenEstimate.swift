import Jobs

/// Counts tokens of a model that has none: the same text always gives the same number.
enum TokenEstimate {
  /// A token for each four bytes of the content and of each call's name and arguments.
  static func tokens(_ message: ModelMessage) -> Int {
    let calls = message.calls.map { $0.skill.utf8.count + $0.arguments.json.count }
    return (message.content.utf8.count + calls.reduce(0, +) + 3) / 4
  }
}
