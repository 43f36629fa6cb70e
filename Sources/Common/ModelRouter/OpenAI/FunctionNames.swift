import Jobs

/// How skills are called on the wire, where a function's name matches `^[A-Za-z0-9_-]{1,64}$` and
/// a skill's is `files.read`.
///
/// `files.read` becomes `files_read`. Skills that would share a name get numbers, in the order of
/// their own names, so that the same skills always get the same names.
struct FunctionNames: Sendable {
  private static let maximumLength = 64

  private var wire: [String: String] = [:]
  private var skills: [String: String] = [:]

  init(skills names: [String]) {
    for name in Set(names).sorted() {
      let base = Self.allowed(name)
      var candidate = base
      var number = 2
      while skills[candidate] != nil {
        let suffix = "_\(number)"
        candidate = base.prefix(Self.maximumLength - suffix.count) + suffix
        number += 1
      }
      wire[name] = candidate
      skills[candidate] = name
    }
  }

  /// The function that stands for a skill. A name that is none of the skills, as a model may have
  /// written it in an earlier turn, is made to match the wire's form.
  func function(for skill: String) -> String { wire[skill] ?? Self.allowed(skill) }

  /// The skill behind a function's name; any other name comes back as the model wrote it.
  func skill(for function: String) -> String { skills[function] ?? function }

  private static func allowed(_ name: String) -> String {
    let bytes = name.utf8.prefix(maximumLength).map { byte in
      isAllowed(byte) ? byte : UInt8(ascii: "_")
    }
    return bytes.isEmpty ? "unnamed" : String(decoding: bytes, as: UTF8.self)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
