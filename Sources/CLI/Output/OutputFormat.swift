import ArgumentParser

/// The forms of what goes to standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// For people; also where it is no terminal.
  case table
  /// One JSON document, indented, keys sorted.
  case json
  /// One JSON document per line: per item, per change.
  case jsonl
  /// One YAML 1.2 document, keys sorted.
  case yaml
}
