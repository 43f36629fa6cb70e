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

/// Draws jobs of all priorities.
package struct LoadMix: Sendable {
  /// What the jobs are.
  package enum Kind: Sendable {
    /// Agents that call no skill, one or two; skills of their own.
    case all
    /// As ``all``, and as many skills that take their time; needs the test skills.
    case lasting
    /// Skills that may not be run twice; needs the test skills.
    case effects
  }

  private var dice: SplitMix64
  private let kind: Kind

  /// Equal generators give equal jobs.
  package init(_ dice: SplitMix64, of kind: Kind = .all) {
    self.dice = dice
    self.kind = kind
  }

  /// The next one.
  package mutating func next() -> LoadRequest {
    let key = (0..<4).map { _ in String(dice.next() % 0x10000, radix: 16) }.joined(separator: "-")
    let (target, input) = work(for: key)
    let priority = dice.pick(["urgent", "high", "normal", "normal", "low"])
    return LoadRequest(
      key: key,
      body: ["target": .string(target), "input": input, "priority": .string(priority)])
  }

  private mutating func work(for key: String) -> (target: String, input: JSONValue) {
    switch kind {
    case .effects:
      return ("skill:test.effect", ["milliseconds": .integer(.random(in: 20...600, using: &dice))])
    case .lasting where Bool.random(using: &dice):
      return ("skill:test.pause", ["milliseconds": .integer(.random(in: 100...800, using: &dice))])
    case .lasting, .all: return ordinaryWork(for: key)
    }
  }

  private mutating func ordinaryWork(for key: String) -> (target: String, input: JSONValue) {
    let write = "use files.write {\"path\": \"\(key).txt\", \"content\": \"\(key)\"}"
    let file: JSONValue = ["path": .string("\(key).txt"), "content": .string(key)]
    return switch Int.random(in: 0..<6, using: &dice) {
    case 0: ("agent:main", .string("job \(key)"))
    case 1, 2: ("agent:main", .string("job \(key)\nuse system.clock {}"))
    case 3: ("agent:main", .string("job \(key)\n\(write)\nuse system.clock {}"))
    case 4: ("skill:files.write", file)
    default: ("skill:system.clock", [:])
    }
  }
}
