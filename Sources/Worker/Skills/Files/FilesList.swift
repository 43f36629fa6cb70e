import Jobs

/// `files.list`: the names in a directory of the user's workspace.
struct FilesList: Skill {
  /// The most entries of one answer.
  static let maximumEntries = 1000

  private let workspaces: Workspaces

  init(workspaces: Workspaces) { self.workspaces = workspaces }

  /// No arguments list the workspace itself.
  var definition: SkillDefinition {
    SkillDefinition(
      name: "files.list",
      description: "Lists the files and directories in a directory of the workspace.",
      input: [
        "type": "object",
        "properties": [
          "path": [
            "type": "string", "minLength": 1, "maxLength": 4096, "default": ".",
            "description": "The directory, relative to the workspace.",
          ]
        ],
        "additionalProperties": false,
      ],
      output: [
        "type": "object",
        "properties": [
          "path": ["type": "string"],
          "entries": [
            "type": "array", "maxItems": .integer(Int64(Self.maximumEntries)),
            "items": Self.entrySchema,
          ],
          "truncated": [
            "type": "boolean", "description": "Whether there are more entries than shown.",
          ],
        ],
        "required": ["path", "entries", "truncated"], "additionalProperties": false,
      ],
      safety: .pure)
  }

  private static let entrySchema: JSONValue = [
    "type": "object",
    "properties": [
      "name": ["type": "string"],
      "type": ["enum": ["file", "directory", "link", "other"]],
      "bytes": ["type": "integer", "minimum": 0, "description": "A file's size."],
    ],
    "required": ["name", "type"], "additionalProperties": false,
  ]

  /// Throws ``StepFailure`` as `Workspace.list` documents.
  func run(_ call: SkillCall) async throws -> JSONValue {
    let path = try WorkspacePath(try call.optionalText("path") ?? ".", isFile: false)
    let workspace = try workspaces.workspace(of: call.user)
    let listing = try workspace.list(path, limit: Self.maximumEntries)
    return [
      "path": .string(path.text),
      "entries": .array(listing.entries.map(Self.json)),
      "truncated": .bool(listing.isTruncated),
    ]
  }

  private static func json(_ entry: DirectoryEntry) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(entry.name), "type": .string(entry.status.kind.rawValue),
    ]
    if entry.status.kind == .file { members["bytes"] = .integer(entry.status.size) }
    return .object(members)
  }
}
