import ArgumentParser
import Jobs

/// What a key may name.
struct SubjectTerms: ParsableArguments {
  @Flag(help: "Also an agent, skill, user or provider that the gateway does not know (yet).")
  var force = false

  /// The fields of a request with what is said here.
  func adding(to members: [String: JSONValue]) -> [String: JSONValue] {
    force ? members.merging(["force": true]) { $1 } : members
  }
}
