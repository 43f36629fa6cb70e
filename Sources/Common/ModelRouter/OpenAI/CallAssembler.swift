import Jobs

/// Puts skill calls together from their parts, in whatever way a server cuts them.
///
/// OpenAI gives each call an index, its id and name in the first part only, and its arguments in
/// pieces that may end anywhere. Other servers leave the index out, use one index for several
/// whole calls, or repeat name or id in each part.
struct CallAssembler: Sendable {
  /// More calls in one answer are no answer.
  static let maximumCalls = 128

  private struct Draft {
    let index: Int
    var id = ""
    var name = ""
    var arguments = ""
  }

  private var drafts: [Draft] = []

  var isEmpty: Bool { drafts.isEmpty }

  /// Takes the next part.
  ///
  /// - Throws: `StepFailure` `provider_protocol` for one call too many.
  mutating func take(_ part: ChatChunk.CallPart) throws(StepFailure) {
    let place = place(of: part)
    if place == drafts.count {
      guard place < Self.maximumCalls else {
        throw .protocolBroken("it asks for more than \(Self.maximumCalls) skills at once")
      }
      drafts.append(Draft(index: part.index ?? place))
    }
    if let id = part.id, drafts[place].id.isEmpty { drafts[place].id = id }
    if let name = part.name, name != drafts[place].name { drafts[place].name += name }
    if let arguments = part.arguments { drafts[place].arguments += arguments }
  }

  /// The calls in the order of their indices; ids that are missing or taken are made up.
  func calls(_ names: FunctionNames) -> [ModelCall] {
    var taken: Set<String> = [""]
    let ordered = drafts.enumerated().sorted {
      ($0.element.index, $0.offset) < ($1.element.index, $1.offset)
    }
    return ordered.enumerated().map { position, entry in
      var id = entry.element.id
      var number = position + 1
      while !taken.insert(id).inserted {
        id = "call-\(number)"
        number += 1
      }
      return ModelCall(
        id: id, skill: names.skill(for: entry.element.name),
        arguments: Self.arguments(entry.element.arguments))
    }
  }

  /// Where the part belongs; the number of drafts for a new one.
  private func place(of part: ChatChunk.CallPart) -> Int {
    let isNamed = !(part.name ?? "").isEmpty
    let id = part.id ?? ""
    guard let index = part.index else {
      if !id.isEmpty, let known = drafts.lastIndex(where: { $0.id == id }) { return known }
      return isNamed || drafts.isEmpty ? drafts.count : drafts.count - 1
    }
    guard let known = drafts.lastIndex(where: { $0.index == index }) else { return drafts.count }
    let isAnother = isNamed && !id.isEmpty && !drafts[known].id.isEmpty && drafts[known].id != id
    return isAnother ? drafts.count : known
  }

  /// What a model wrote as arguments: nothing means none. Text that is no JSON is passed on as a
  /// string, which fits no skill's schema, so the model reads in its next turn what is wrong.
  private static func arguments(_ text: String) -> JSONValue {
    if text.utf8.allSatisfy({ " \t\r\n".utf8.contains($0) }) { return [:] }
    do throws(JSONError) {
      let value = try JSONValue.parse(text.utf8)
      return value == .null ? [:] : value
    } catch {
      return .string(text)
    }
  }
}
