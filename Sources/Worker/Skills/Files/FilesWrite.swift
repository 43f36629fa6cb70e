import Jobs

/// `files.write`: a whole file of the user's workspace, at once or not at all.
struct FilesWrite: Skill {
  /// The most bytes of one file: 1 MiB.
  static let maximumBytes = 1 << 20
  /// Those bytes in base64.
  private static let maximumCharacters: Int64 = 1_398_104

  private let workspaces: Workspaces

  init(workspaces: Workspaces) { self.workspaces = workspaces }

  /// Idempotent: the same call again leaves the same file.
  var definition: SkillDefinition {
    SkillDefinition(
      name: "files.write",
      description: "Writes a file of the workspace whole; makes the directories it needs.",
      input: [
        "type": "object",
        "properties": [
          "path": [
            "type": "string", "minLength": 1, "maxLength": 4096,
            "description": "The file, relative to the workspace.",
          ],
          "content": ["type": "string", "maxLength": .integer(Self.maximumCharacters)],
          "encoding": FileEncoding.schema,
          "overwrite": [
            "type": "boolean", "default": true,
            "description": "Whether a file with other content may be replaced.",
          ],
        ],
        "required": ["path", "content"], "additionalProperties": false,
      ],
      output: [
        "type": "object",
        "properties": [
          "path": ["type": "string"], "bytes": ["type": "integer", "minimum": 0],
        ],
        "required": ["path", "bytes"], "additionalProperties": false,
      ],
      safety: .idempotent)
  }

  /// Throws ``StepFailure`` as `Workspace.write` documents, and `bad_input`, `file_too_large`.
  func run(_ call: SkillCall) async throws -> JSONValue {
    let path = try WorkspacePath(try call.text("path"), isFile: true)
    let bytes = try FileEncoding(call).bytes(of: try call.text("content"))
    guard bytes.count <= Self.maximumBytes else {
      throw StepFailure(
        .badInput, code: "file_too_large",
        message: "The content has \(bytes.count) bytes; a file may have \(Self.maximumBytes).")
    }
    let workspace = try workspaces.workspace(of: call.user)
    try workspace.write(bytes, to: path, overwrites: try call.flag("overwrite", default: true))
    return ["path": .string(path.text), "bytes": .integer(Int64(bytes.count))]
  }
}
