public import AMQP
public import Jobs

/// What the broker says of a lane.
public struct BrokerDepth: Sendable, Hashable {
  /// Messages that wait; those in the hands of consumers are not counted.
  public let messages: Int
  /// Workers subscribed to the queue; each may hold a prefetch of tickets not counted above.
  public let consumers: Int

  /// Takes the broker's figures as they are.
  public init(messages: Int, consumers: Int) {
    self.messages = messages
    self.consumers = consumers
  }
}

/// Asks the broker for the depth of every lane.
public struct LaneInspector: Sendable {
  private let configuration: AMQPConfiguration
  private let topology: Topology

  /// Connects only within ``depths()``; every lane of `topology` must have been declared.
  public init(configuration: AMQPConfiguration, topology: Topology) {
    self.configuration = configuration
    self.topology = topology
  }

  /// The broker's figures, over a connection of this call's own.
  ///
  /// They are wrong for some seconds after a broker's start, and 0 while a queue's leader is
  /// away; never act on one sample.
  ///
  /// - Throws: `AMQPError`.
  public func depths() async throws -> [Lane: BrokerDepth] {
    let channel = try await AMQPChannel.open(configuration)
    do {
      var depths: [Lane: BrokerDepth] = [:]
      for lane in topology.allLanes {
        let queue = try await channel.declareQueuePassive(topology.queue(of: lane))
        depths[lane] = BrokerDepth(
          messages: Int(queue.messageCount), consumers: Int(queue.consumerCount))
      }
      await channel.close()
      return depths
    } catch {
      await channel.close()
      throw error
    }
  }
}
