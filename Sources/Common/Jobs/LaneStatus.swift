public import FoundationEssentials

/// A sample of all lanes.
public struct LaneReport: Sendable, Hashable {
  /// Every lane of the topology, in its order.
  public var lanes: [LaneStatus]
  /// When they were counted, by this node's clock.
  public let sampledAt: Date
  /// What was found amiss.
  public let reconciler: ReconcilerReport

  /// Takes one sample.
  public init(
    lanes: [LaneStatus], sampledAt: Date, reconciler: ReconcilerReport = ReconcilerReport()
  ) {
    self.lanes = lanes
    self.sampledAt = sampledAt
    self.reconciler = reconciler
  }

  /// Says which lanes some pauses keep from being claimed.
  public mutating func mark(_ pauses: [PauseRecord]) {
    guard !pauses.isEmpty else { return }
    for index in lanes.indices { lanes[index].paused = pauses.pause(of: lanes[index].lane) }
  }
}

/// How a lane stands, as sampled from the database, with the broker's own figures beside.
public struct LaneStatus: Sendable, Hashable {
  /// The pool and the priority.
  public let lane: Lane
  /// The AMQP queue.
  public let queue: String
  /// Steps that may be claimed.
  public let ready: Int
  /// Steps that run.
  public let running: Int
  /// Steps that something else holds back, by the first word of their ``HoldReason``; only reasons
  /// that hold any.
  public let held: [String: Int]
  /// Steps that will be ready later: retries and delays.
  public let dueLater: Int
  /// Steps that will not be tried again, as far as they are kept; calls that were refused before
  /// they reached a worker left out.
  public let dead: Int
  /// Tickets that the broker has not confirmed.
  public let unconfirmed: Int
  /// How long the first of the ready steps has been ready; `nil` when none is.
  public let oldestAge: Duration?
  /// Steps that became ready, per second over the last minute.
  public let rateIn: Double
  /// Steps that were claimed, per second over the last minute.
  public let rateOut: Double
  /// Live workers that serve the lane's pool and are not draining.
  public let consumers: Int
  /// What RabbitMQ says; `nil` while it does not answer.
  public let broker: Broker?
  /// Tickets that were rung anew because the broker had lost them, since the system was set up.
  public let rung: Int
  /// How long one attempt at a step of it ran on average, of those that ended within the last minute;
  /// `nil` when none did.
  public var meanRun: Duration?
  /// What keeps its steps from being claimed; `nil` when no pause does.
  public var paused: PauseRecord?

  /// Tickets in the broker beyond the ready steps, each of which costs a claim that finds nothing;
  /// `nil` while the broker does not answer. As the two are not counted at the same moment, a busy
  /// lane shows some for a while.
  public var surplus: Int? { broker.map { max(0, $0.messages - ready) } }

  /// RabbitMQ's figures: shown, never acted on alone.
  public struct Broker: Sendable, Hashable {
    /// Messages that wait; those in the hands of consumers are not counted.
    public let messages: Int
    /// Consumers of the queue.
    public let consumers: Int

    /// Takes them as they are.
    public init(messages: Int, consumers: Int) {
      self.messages = messages
      self.consumers = consumers
    }
  }

  /// Takes one sample; counts are 0 or more.
  public init(
    lane: Lane, queue: String, ready: Int, running: Int, held: [String: Int], dueLater: Int,
    dead: Int, unconfirmed: Int, oldestAge: Duration?, rateIn: Double, rateOut: Double,
    consumers: Int, broker: Broker?, rung: Int = 0
  ) {
    self.lane = lane
    self.queue = queue
    self.ready = ready
    self.running = running
    self.held = held
    self.dueLater = dueLater
    self.dead = dead
    self.unconfirmed = unconfirmed
    self.oldestAge = oldestAge
    self.rateIn = rateIn
    self.rateOut = rateOut
    self.consumers = consumers
    self.broker = broker
    self.rung = rung
  }
}
