import AMQP
import Foundation
import Jobs
import Yams

/// What is wrong in a topology file: the place, and what is allowed there.
public struct TopologyError: Error, Sendable, CustomStringConvertible {
  /// One line for the operator: `topology: <place>: <what is wrong>`.
  public let description: String

  init(_ place: String, _ problem: String) { description = "topology: \(place): \(problem)" }
}

extension Topology {
  /// Reads `topology.yaml` and checks every value.
  ///
  /// - Throws: ``TopologyError`` with the place in the file.
  public init(file path: String) throws(TopologyError) {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw TopologyError(path, "cannot be read: set OPENCLAW_TOPOLOGY to queues/topology.yaml")
    }
    try self.init(yaml: text)
  }

  /// Parses the text of a topology file.
  ///
  /// - Throws: ``TopologyError``.
  public init(yaml text: String) throws(TopologyError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw TopologyError("file", "is not YAML: \(error)")
    }
    let reader = try TopologyReader(
      node: root, place: "file", keys: ["version", "exchanges", "lanes", "replies"])
    _ = try reader.integer("version", in: 1...1)
    self.init(
      exchanges: try reader.list("exchanges").map(Exchange.init),
      lanes: try Lanes(reader.child("lanes")), replies: try Replies(reader.child("replies")))
    for name in [lanes.exchange, replies.exchange]
    where !exchanges.contains(where: { $0.name == name }) {
      throw TopologyError("exchanges", "\(name) is used but not declared")
    }
  }
}

extension Topology.Exchange {
  fileprivate init(_ node: Node) throws(TopologyError) {
    let reader = try TopologyReader(node: node, place: "exchanges", keys: ["name", "type"])
    name = try reader.text("name")
    type = try reader.text("type")
    guard ["direct", "fanout", "topic"].contains(type) else {
      throw TopologyError("exchanges.\(name).type", "must be direct, fanout or topic")
    }
  }
}

extension Topology.Lanes {
  fileprivate init(_ node: Node) throws(TopologyError) {
    let reader = try TopologyReader(
      node: node, place: "lanes",
      keys: ["exchange", "queue", "priorities", "pools", "arguments"])
    exchange = try reader.text("exchange")
    queue = try reader.text("queue")
    for placeholder in ["{pool}", "{priority}"] where !queue.contains(placeholder) {
      throw TopologyError("lanes.queue", "must hold \(placeholder)")
    }
    priorities = try reader.names("priorities", Priority.init(name:), "a priority")
    pools = try reader.names("pools", { Pool($0) }, "a pool's name such as agent.main")
    arguments = try reader.arguments()
    guard arguments["x-queue-type"] == .string("quorum") else {
      throw TopologyError("lanes.arguments.x-queue-type", "must be quorum: tickets are durable")
    }
  }
}

extension Topology.Replies {
  fileprivate init(_ node: Node) throws(TopologyError) {
    let reader = try TopologyReader(
      node: node, place: "replies", keys: ["exchange", "shards", "arguments"])
    exchange = try reader.text("exchange")
    shards = try reader.integer("shards", in: 1...65536)
    arguments = try reader.arguments()
  }
}

/// A mapping of the file, with its place for errors.
private struct TopologyReader {
  private let mapping: Node.Mapping
  private let place: String

  init(node: Node?, place: String, keys: [String]) throws(TopologyError) {
    guard let mapping = node?.mapping else { throw TopologyError(place, "must be a mapping") }
    for key in mapping.keys.compactMap(\.string) where !keys.contains(key) {
      throw TopologyError("\(place).\(key)", "is unknown; allowed: \(keys.joined(separator: ", "))")
    }
    self.mapping = mapping
    self.place = place
  }

  func child(_ key: String) throws(TopologyError) -> Node {
    guard let node = mapping[key] else { throw TopologyError("\(place).\(key)", "is missing") }
    return node
  }

  func list(_ key: String) throws(TopologyError) -> [Node] {
    guard let sequence = try child(key).sequence, !sequence.isEmpty else {
      throw TopologyError("\(place).\(key)", "must be a list with at least one entry")
    }
    return Array(sequence)
  }

  func text(_ key: String) throws(TopologyError) -> String {
    guard let text = try child(key).string, (1...255).contains(text.utf8.count) else {
      throw TopologyError("\(place).\(key)", "must be a text of 1 to 255 bytes")
    }
    return text
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(TopologyError) -> Int {
    guard let value = try child(key).int, range.contains(value) else {
      throw TopologyError(
        "\(place).\(key)", "must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func names<Value: Hashable>(
    _ key: String, _ parse: (String) -> Value?, _ kind: String
  ) throws(TopologyError) -> [Value] {
    var values: [Value] = []
    for node in try list(key) {
      guard let value = node.string.flatMap(parse) else {
        throw TopologyError("\(place).\(key)", "\(node.string ?? "an entry") is not \(kind)")
      }
      guard !values.contains(value) else {
        throw TopologyError("\(place).\(key)", "\(value) stands there twice")
      }
      values.append(value)
    }
    return values
  }

  func arguments() throws(TopologyError) -> [String: AMQPFieldValue] {
    guard let mapping = try child("arguments").mapping else {
      throw TopologyError("\(place).arguments", "must be a mapping")
    }
    var arguments: [String: AMQPFieldValue] = [:]
    for (key, node) in mapping {
      guard let name = key.string, let value = AMQPFieldValue(node) else {
        throw TopologyError("\(place).arguments", "takes texts, whole numbers and booleans")
      }
      arguments[name] = value
    }
    return arguments
  }
}

extension AMQPFieldValue {
  fileprivate init?(_ node: Node) {
    if let number = node.int {
      self = .integer(Int64(number))
    } else if let flag = node.bool {
      self = .boolean(flag)
    } else if let text = node.string {
      self = .string(text)
    } else {
      return nil
    }
  }
}
