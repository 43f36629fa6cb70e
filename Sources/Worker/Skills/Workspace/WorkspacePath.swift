import Jobs

/// A path below a workspace, valid in form: relative, without `..`, NUL or over-long names.
///
/// The form alone protects nothing, since any name may be a link: ``Workspace`` resolves it in the
/// kernel, beneath the workspace.
struct WorkspacePath: Hashable, Sendable {
  /// What begins the names of half-written files; no other file may be called so.
  static let reservedPrefix = ".openclaw-"

  /// Without empty and `.` components; empty for the workspace itself.
  let components: [String]

  /// Takes a path as a user or model wrote it.
  ///
  /// - Parameter isFile: Whether it has to name something below the workspace.
  /// - Throws: ``StepFailure`` `refused`, `path_outside_workspace` for absolute paths, `..` and
  ///   NUL; `bad_input`, `invalid_path` for an empty path, more than 4,096 bytes, a component of
  ///   more than 255, and reserved names.
  init(_ text: String, isFile: Bool) throws {
    let bytes = text.utf8
    if bytes.isEmpty { throw Self.invalid("The path is empty.") }
    if bytes.count > 4096 { throw Self.invalid("The path is longer than 4,096 bytes.") }
    if bytes.first == UInt8(ascii: "/") || bytes.contains(0) { throw Self.outside(text) }
    var components: [String] = []
    for part in bytes.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) { throw Self.outside(text) }
      if part.count > 255 { throw Self.invalid("A name in the path is longer than 255 bytes.") }
      if part.starts(with: Self.reservedPrefix.utf8) {
        throw Self.invalid("Names that begin with \(Self.reservedPrefix) are reserved.")
      }
      components.append(String(Substring(part)))
    }
    if isFile && components.isEmpty { throw Self.invalid("The path names no file.") }
    self.components = components
  }

  /// The normalized path, `.` for the workspace itself.
  var text: String { components.isEmpty ? "." : components.joined(separator: "/") }

  /// The path as messages show it.
  var quoted: String { Self.quoted(text) }

  /// The failure for paths, or links on them, that lead out of the workspace.
  static func outside(_ text: String) -> StepFailure {
    StepFailure(
      .refused, code: "path_outside_workspace",
      message: "The path \(quoted(text)) leaves the workspace; use a relative path without \"..\" "
        + "and without links.")
  }

  private static func invalid(_ message: String) -> StepFailure {
    StepFailure(.badInput, code: "invalid_path", message: message)
  }

  /// A path in quotes, cut after 200 characters, without control characters, which could forge
  /// lines of a log or a terminal.
  static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    var shown = String.UnicodeScalarView()
    for scalar in scalars.prefix(200) {
      shown.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
    return "\"\(String(shown))\(scalars.dropFirst(200).isEmpty ? "" : "…")\""
  }
}
