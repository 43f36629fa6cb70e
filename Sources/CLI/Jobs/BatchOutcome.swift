import Jobs

/// What became of the jobs of a batch, in the file's order.
struct BatchOutcome {
  private(set) var items: [JSONValue] = []
  private(set) var accepted: Int64 = 0
  private(set) var rejected: Int64 = 0

  /// Takes the answer to one request.
  ///
  /// - Parameter start: The place of its first item in the file.
  mutating func add(_ answer: JSONValue, start: Int) {
    accepted += answer["accepted"]?.int ?? 0
    rejected += answer["rejected"]?.int ?? 0
    items += (answer["items"]?.elements ?? []).map { item in
      guard case .object(var members) = item, let index = members["index"]?.int else {
        return item
      }
      members["index"] = .integer(index + Int64(start))
      members["problem"] = members["problem"].map { Self.shifted($0, by: start) }
      return .object(members)
    }
  }

  /// A problem whose pointers, such as `/items/0/target`, count from the file's beginning.
  private static func shifted(_ problem: JSONValue, by start: Int) -> JSONValue {
    guard case .object(var members) = problem, let faults = members["errors"]?.elements else {
      return problem
    }
    members["errors"] = .array(
      faults.map { fault in
        guard case .object(var fault) = fault, let pointer = fault["pointer"]?.text else {
          return fault
        }
        var parts = pointer.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2, parts[1] == "items", let place = Int(parts[2]) {
          parts[2] = "\(place + start)"
        }
        fault["pointer"] = .string(parts.joined(separator: "/"))
        return .object(fault)
      })
    return .object(members)
  }

  /// The same form as one answer has.
  var document: JSONValue {
    ["accepted": .integer(accepted), "rejected": .integer(rejected), "items": .array(items)]
  }

  /// How many were refused only for now; under the same key they may be accepted yet.
  var passing: Int {
    items.compactMap { $0["status"]?.int }.count { $0 >= 500 || $0 == 429 }
  }

  /// One sentence for people.
  var summary: String { "\(accepted) accepted, \(rejected) rejected" }

  /// One row an item.
  ///
  /// - Parameter onlyRejected: Whether what was accepted is left out.
  func table(isColored: Bool, onlyRejected: Bool = false) -> String {
    var table = TextTable("ITEM", "STATUS", "ID", "STATE", "PROBLEM")
    for item in items where !onlyRejected || item["problem"] != nil {
      let problem = item["problem"]
      let faults = (problem?["errors"]?.elements ?? []).compactMap { fault in
        fault["detail"]?.text.map { "\(fault["pointer"]?.text ?? ""): \($0)" }
      }
      let state = item["job"]?["state"]?.text ?? ""
      table.add(
        item["index"]?.int.map { "\($0)" } ?? "?", item["status"]?.int.map { "\($0)" } ?? "?",
        item["job"]?["id"]?.text ?? "",
        state + (item["replayed"] == .bool(true) ? " (replayed)" : ""),
        ([problem?["detail"]?.text ?? problem?["title"]?.text ?? ""] + faults)
          .joined(separator: " "))
    }
    return table.text(isColored: isColored)
  }
}
