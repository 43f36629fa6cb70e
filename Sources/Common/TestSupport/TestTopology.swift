import Foundation
public import JobQueue

/// A topology whose names are a test's own, so that tests share one broker without meeting.
public enum TestTopology {
  /// The YAML of a topology with a random prefix; its pools are some of the real one.
  public static func yaml() -> String {
    let prefix = "t" + UUID().uuidString.prefix(8).lowercased()
    return """
      version: 1
      exchanges:
        - {name: \(prefix).work, type: direct}
        - {name: \(prefix).replies, type: direct}
      lanes:
        exchange: \(prefix).work
        queue: \(prefix).{pool}.{priority}
        priorities: [urgent, high, normal, low]
        pools: [agent.main, skill.files, skill.system]
        arguments: {x-queue-type: quorum, x-overflow: reject-publish, x-max-length: 100000,
          x-delivery-limit: 1000000}
      replies:
        exchange: \(prefix).replies
        shards: 64
        arguments: {x-max-length: 20000, x-overflow: drop-head, x-message-ttl: 10000}
      """
  }

  /// The same, parsed.
  public static func make() throws -> Topology { try Topology(yaml: yaml()) }
}
