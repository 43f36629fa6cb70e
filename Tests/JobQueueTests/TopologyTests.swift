import AMQP
import Foundation
import Jobs
import TestSupport
import Testing

@testable import JobQueue

@Suite struct TopologyTests {
  @Test func theFileOfTheRepositoryIsValid() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "queues/topology.yaml").path
    let topology = try Topology(file: path)
    #expect(topology.allLanes.count == topology.lanes.pools.count * 4)
    #expect(topology.queue(of: topology.allLanes[0]) == "openclaw.agent.main.urgent")
  }

  @Test(arguments: [
    ("pools: [agent.main, skill.files, skill.system]", "pools: [Agent.Main]", "lanes.pools"),
    ("pools: [agent.main, skill.files, skill.system]", "pools: []", "lanes.pools"),
    ("pools: [agent.main, skill.files, skill.system]", "pools: [a.b, a.b]", "twice"),
    ("x-queue-type: quorum", "x-queue-type: classic", "x-queue-type"),
    ("priorities: [urgent, high, normal, low]", "priorities: [now]", "priorities"),
    (".{pool}.{priority}", ".{pool}", "{priority}"),
    ("shards: 64", "shards: many", "shards"),
    ("shards: 64", "shards: 64\n  colour: red", "colour"),
    ("version: 1", "version: 2", "version"),
  ])
  func aMistakeIsNamedWithItsPlace(text: String, mistake: String, place: String) throws {
    let yaml = TestTopology.yaml().replacingOccurrences(of: text, with: mistake)
    let error = #expect(throws: TopologyError.self) { try Topology(yaml: yaml) }
    #expect(error?.description.contains(place) == true)
  }

  @Test func declaringTwiceIsFineAndAMismatchNamesQueueAndArgument() async throws {
    let yaml = TestTopology.yaml()
    let configuration = try AMQPConfiguration(url: TestServers.amqpURL(), connectionName: "tests")
    let channel = try await AMQPChannel.open(configuration)
    let topology = try Topology(yaml: yaml)
    try await topology.declare(on: channel)
    try await topology.declare(on: channel)
    let changed = try Topology(
      yaml: yaml.replacingOccurrences(of: "x-max-length: 100000", with: "x-max-length: 5"))
    let error = await #expect(throws: AMQPError.self) { try await changed.declare(on: channel) }
    #expect(error?.code == .preconditionFailed)
    #expect(error?.message.contains("x-max-length") == true)
    #expect(error?.message.contains(".agent.main.urgent") == true)
    for lane in topology.allLanes { _ = try await channel.deleteQueue(topology.queue(of: lane)) }
    await channel.close()
  }
}
