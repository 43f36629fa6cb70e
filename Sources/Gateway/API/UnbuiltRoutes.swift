/// Paths of the interface that this version does not serve, so that clients are told so.
enum UnbuiltRoutes {
  /// A `*` at the end stands for any further words, none included.
  static let templates = [
    "/ws", "/v1/*",
  ]

  private static let split = templates.map { $0.split(separator: "/") }

  /// Whether the path is one of them, with any method.
  static func contain(_ path: String) -> Bool {
    let words = path.split(separator: "/")
    return split.contains { template in
      let isOpen = template.last == "*"
      let fixed = isOpen ? template.dropLast() : template[...]
      guard isOpen ? words.count >= fixed.count : words.count == fixed.count else { return false }
      return zip(fixed, words).allSatisfy { $0.hasPrefix("{") || $0.utf8.elementsEqual($1.utf8) }
    }
  }
}
