import Jobs

/// The body of `POST /chat/completions`.
struct ChatRequest: Sendable {
  /// The longest description of a function that OpenAI takes, in characters.
  private static let maximumDescription = 1024
  /// The member that carries what a model gave as arguments and was no object.
  static let misfitKey = "not_an_object"

  /// Ready to be written.
  let json: JSONValue

  /// - Parameter model: As the provider calls it.
  init(_ request: ModelRequest, model: String, names: FunctionNames) {
    var members: [String: JSONValue] = [
      "model": .string(model),
      "messages": .array(request.messages.map { Self.message($0, names) }),
      "stream": true,
      "stream_options": ["include_usage": true],
    ]
    if !request.skills.isEmpty {
      members["tools"] = .array(request.skills.map { Self.tool($0, names) })
    }
    json = .object(members)
  }

  private static func message(_ message: ModelMessage, _ names: FunctionNames) -> JSONValue {
    var members: [String: JSONValue] = [
      "role": .string(message.role.rawValue), "content": .string(message.content),
    ]
    switch message.role {
    case .assistant where !message.calls.isEmpty:
      if message.content.isEmpty { members["content"] = .null }
      members["tool_calls"] = .array(message.calls.map { call($0, names) })
    case .tool: members["tool_call_id"] = .string(message.callID ?? "")
    default: break
    }
    return .object(members)
  }

  private static func call(_ call: ModelCall, _ names: FunctionNames) -> JSONValue {
    [
      "id": .string(call.id), "type": "function",
      "function": [
        "name": .string(names.function(for: call.skill)),
        "arguments": .string(String(decoding: arguments(call.arguments).json, as: UTF8.self)),
      ],
    ]
  }

  /// Servers other than OpenAI's read the arguments of earlier turns as JSON objects and refuse
  /// the whole conversation over one that is none.
  private static func arguments(_ arguments: JSONValue) -> JSONValue {
    if case .object = arguments { arguments } else { .object([misfitKey: arguments]) }
  }

  private static func tool(_ skill: SkillDefinition, _ names: FunctionNames) -> JSONValue {
    [
      "type": "function",
      "function": [
        "name": .string(names.function(for: skill.name)),
        "description": .string(String(skill.description.prefix(maximumDescription))),
        "parameters": parameters(skill.input),
      ],
    ]
  }

  /// The skill's schema; one that does not say it is an object's gets that said.
  private static func parameters(_ schema: JSONValue) -> JSONValue {
    guard case .object(var members) = schema else { return ["type": "object", "properties": [:]] }
    if members["type"] == nil { members["type"] = "object" }
    if members["properties"] == nil { members["properties"] = [:] }
    return .object(members)
  }
}
