import Jobs

/// `files.read`: a file of the user's workspace, whole or in parts of 1 MiB.
struct FilesRead: Skill {
  /// The most bytes of one answer: 1 MiB.
  static let maximumBytes = 1 << 20

  private let workspaces: Workspaces

  init(workspaces: Workspaces) { self.workspaces = workspaces }

  /// Text by default; anything else with `"encoding": "base64"`.
  var definition: SkillDefinition {
    SkillDefinition(
      name: "files.read",
      description: "Reads a file of the workspace; larger files in parts, by offset and length.",
      input: [
        "type": "object",
        "properties": [
          "path": [
            "type": "string", "minLength": 1, "maxLength": 4096,
            "description": "The file, relative to the workspace.",
          ],
          "encoding": FileEncoding.schema,
          "offset": [
            "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991, "default": 0,
            "description": "The first byte to read.",
          ],
          "length": [
            "type": "integer", "minimum": 4, "maximum": .integer(Int64(Self.maximumBytes)),
            "description": "The most bytes to read; without it, the rest of the file.",
          ],
        ],
        "required": ["path"], "additionalProperties": false,
      ],
      output: Self.outputSchema, safety: .pure)
  }

  private static let outputSchema: JSONValue = [
    "type": "object",
    "properties": [
      "path": ["type": "string"],
      "encoding": FileEncoding.schema,
      "content": ["type": "string"],
      "offset": ["type": "integer", "minimum": 0],
      "bytes": [
        "type": "integer", "minimum": 0,
        "description": "How many bytes of the file the content stands for.",
      ],
      "size": ["type": "integer", "minimum": 0, "description": "The whole file's bytes."],
      "end": ["type": "boolean", "description": "Whether the content reaches the file's end."],
    ],
    "required": ["path", "encoding", "content", "offset", "bytes", "size", "end"],
    "additionalProperties": false,
  ]

  /// Throws ``StepFailure`` as `Workspace.read` and `FileEncoding.text` document.
  func run(_ call: SkillCall) async throws -> JSONValue {
    let path = try WorkspacePath(try call.text("path"), isFile: true)
    let encoding = try FileEncoding(call)
    let offset = try call.optionalCount("offset") ?? 0
    let workspace = try workspaces.workspace(of: call.user)
    let part = try workspace.read(
      path, offset: offset, length: try call.optionalCount("length"), limit: Self.maximumBytes)
    let reachesEnd = offset.addingReportingOverflow(part.bytes.count).partialValue >= part.size
    let (content, used) = try encoding.text(of: part.bytes, isEnd: reachesEnd, path)
    return [
      "path": .string(path.text),
      "encoding": .string(encoding.rawValue),
      "content": .string(content),
      "offset": .integer(Int64(offset)),
      "bytes": .integer(Int64(used)),
      "size": .integer(Int64(part.size)),
      "end": .bool(reachesEnd),
    ]
  }
}
