import Foundation
package import Jobs
package import TestSupport

/// One job to ask for.
package struct LoadRequest: Sendable {
  /// The idempotency key, which is also in the agent's prompt.
  package let key: String
  /// The body of the POST.
  package let body: JSONValue
}

/// Draws jobs of all kinds: agents that call no skill, one or two, skills of their own; of all
/// priorities.
package struct LoadMix: Sendable {
  private var dice: SplitMix64

  /// Equal generators give equal jobs.
  package init(_ dice: SplitMix64) { self.dice = dice }

  /// The next one.
  package mutating func next() -> LoadRequest {
    let key = (0..<4).map { _ in String(dice.next() % 0x10000, radix: 16) }.joined(separator: "-")
    let write = "use files.write {\"path\": \"\(key).txt\", \"content\": \"\(key)\"}"
    let file: JSONValue = ["path": .string("\(key).txt"), "content": .string(key)]
    let (target, input): (String, JSONValue) =
      switch Int.random(in: 0..<6, using: &dice) {
      case 0: ("agent:main", .string("job \(key)"))
      case 1, 2: ("agent:main", .string("job \(key)\nuse system.clock {}"))
      case 3: ("agent:main", .string("job \(key)\n\(write)\nuse system.clock {}"))
      case 4: ("skill:files.write", file)
      default: ("skill:system.clock", [:])
      }
    let priority = dice.pick(["urgent", "high", "normal", "normal", "low"])
    return LoadRequest(
      key: key,
      body: ["target": .string(target), "input": input, "priority": .string(priority)])
  }
}
