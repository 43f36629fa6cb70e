import Glibc

/// Named places where a test makes a process die, stop or fail; off unless a test turns them on.
///
/// `OPENCLAW_FAILPOINTS` holds `name:nth:action` entries separated by commas. The action is
/// carried out at the nth hit, counted from 1 in each process: `kill` (SIGKILL to itself),
/// `stop` (SIGSTOP) or `error` (throws ``FailpointError``). An entry of another form stops the
/// start of the process. ``SafetyNet`` lists the entries of the form `name:off`.
public enum Failpoint: String, Sendable, CaseIterable {
  // MARK: Accepting and ringing

  /// The COMMIT of a group of new jobs was answered; no ticket is sent, no client answered.
  /// An error: clients are told that the job cannot be stored, although it is.
  case acceptCommit = "accept-commit"
  /// Tickets were written to the broker's socket; none is known to be confirmed.
  /// An error: they count as undelivered, and stay in the outbox.
  case ticketPublish = "ticket-publish"
  /// The broker has answered for tickets that were sent; their outbox rows are still there.
  case ticketConfirm = "ticket-confirm"
  /// The outbox rows of confirmed tickets are deleted.
  case outboxDelete = "outbox-delete"

  // MARK: Claiming

  /// A worker has a ticket in hand. An error: it opens a new connection to the broker.
  case ticketReceived = "ticket-received"
  /// The COMMIT of a claim was answered; its tickets are not acknowledged, its steps not started.
  case claimCommit = "claim-commit"
  /// The acknowledgement of a claim's tickets was handed to the connection; none of its steps has
  /// started. An error: a new connection to the broker.
  case ticketAck = "ticket-ack"

  // MARK: Running

  /// The row that announces an unsafe effect is committed; its skill has not been called.
  /// An error: the answer to that COMMIT counts as lost.
  case effectStarted = "effect-started"
  /// A turn's request to its model is ready and is handed over now: the last moment before it
  /// leaves, as what happens on the wire is not visible where the agent runs.
  case modelSent = "model-sent"
  /// The first piece of a turn's text has come; for an answer without text, all of it has.
  case modelFirstByte = "model-first-byte"
  /// A model's whole answer has come.
  case modelDone = "model-done"
  /// A skill is called next. Skills run in the worker: there is no process of their own to spawn.
  case skillSpawned = "skill-spawned"
  /// A skill has returned its result, which nobody has seen yet.
  case skillExited = "skill-exited"

  // MARK: Finishing

  /// The COMMIT of a group of ends was answered; no ticket or reply of it is sent.
  case finishCommit = "finish-commit"
  /// As ``finishCommit``, when one of the steps will be tried again.
  case retryCommit = "retry-commit"
  /// As ``finishCommit``, when one of the steps became `dead`; also in the reaper.
  case deadCommit = "dead-commit"
  /// As ``finishCommit``, when one of the steps was given back.
  case release
  /// The COMMIT was answered that let held steps go on, as a session or a limit became free or a
  /// pause ended; no ticket of theirs is sent. Whoever ends a job, frees a slot or lifts something
  /// passes here.
  case promote
  /// Replies were handed to the broker's connection, or dropped as there is none.
  case replyPublish = "reply-publish"

  // MARK: Upkeep

  /// The reaper's COMMIT was answered; no ticket of it is sent.
  case reap
  /// The renewal of a worker's leases was answered; the worker has not acted on the answer.
  /// Workers that run nothing renew, too.
  case leaseRenew = "lease-renew"
  /// The COMMIT of a cancellation was answered; the client is not, nor are those who watch.
  case cancelCommit = "cancel-commit"
  /// The process has heard SIGTERM or SIGINT; no part of it has begun to stop.
  /// An error: it ends without draining.
  case shutdown

  /// Passes the place; free when no failpoint is on.
  ///
  /// - Throws: ``FailpointError`` when a test asked for an error here.
  public func hit() throws(FailpointError) {
    guard let plan = FailpointPlan.current else { return }
    switch plan.action(at: self) {
    case .none: return
    // To this thread, so that it goes no further: another one would need a moment to stop it.
    case .kill: raise(SIGKILL)
    case .stop: raise(SIGSTOP)
    case .error: throw FailpointError(failpoint: self)
    }
  }

  /// Whether this process was asked to do something at this place.
  public var isOn: Bool { FailpointPlan.current?.names(self) ?? false }

  /// Checks what `OPENCLAW_FAILPOINTS` asks for; called once, at the start of a process.
  ///
  /// - Throws: ``FailpointEntryError`` for the first entry that cannot be carried out.
  public static func checkEnvironment() throws(FailpointEntryError) {
    if let text = FailpointPlan.environment { _ = try FailpointPlan(text) }
  }
}

/// The failure that a failpoint injects.
public struct FailpointError: Error, CustomStringConvertible {
  /// Where it was injected.
  public let failpoint: Failpoint

  /// `failpoint <name>`, the name as `OPENCLAW_FAILPOINTS` spells it.
  public var description: String { "failpoint \(failpoint.rawValue)" }
}

/// What heals the loss of tickets, and may be switched off to show that none is lost without it.
///
/// `OPENCLAW_FAILPOINTS` switches one off with an entry `name:off`.
public enum SafetyNet: String, Sendable, CaseIterable {
  /// Workers look into lanes that brought no ticket for a while.
  case idleClaim = "idle-claim"
  /// Gateways ring lanes that have more ready steps than tickets.
  case reconcile

  /// Whether a test has switched it off in this process.
  public var isOff: Bool { FailpointPlan.current?.switchesOff(self) ?? false }
}
