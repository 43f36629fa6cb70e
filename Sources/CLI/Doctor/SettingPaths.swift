import Foundation

/// The dotted paths of the scalars in a YAML file of nested mappings, read line by line: enough to
/// find a slip in a name, and no parser of YAML.
struct SettingPaths {
  private(set) var paths: [String] = []

  init(yaml: String) {
    var parents: [(indent: Int, name: String)] = []
    for line in yaml.split(separator: "\n") {
      let text = line.drop { $0 == " " }
      guard let colon = text.firstIndex(of: ":"), !"#-'\"{[%".contains(text.first ?? "#") else {
        continue
      }
      let indent = line.count - text.count
      parents.removeAll { $0.indent >= indent }
      let name = text[..<colon].trimmingCharacters(in: .whitespaces)
      let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      let path = (parents.map(\.name) + [name]).joined(separator: ".")
      if value.isEmpty || value.hasPrefix("#") {
        parents.append((indent, name))
      } else if value.hasPrefix("{") {
        paths += Self.members(of: value).map { "\(path).\($0)" }
      } else {
        paths.append(path)
      }
    }
  }

  /// The keys of `{port: 1, host: a}`.
  private static func members(of mapping: String) -> [String] {
    mapping.split { "{},".contains($0) }.compactMap { member in
      member.split(separator: ":").first.map { $0.trimmingCharacters(in: .whitespaces) }
    }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }
}
