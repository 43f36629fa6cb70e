/// What OpenClaw promises and a chaos run looks at.
package enum Promise: String, Sendable, Codable, CaseIterable {
  case D1, D2, D3, D5, D6, D7, D8, D9, D10, D11, D12, D13, D14, D15, D16, D17, D18, D19, D20, D21,
    D22, D23
  /// A job that is not over has something that will move it on, and its counts are right.
  case invariant
  /// Tickets are not lost for other reasons than a lost disk.
  case reconciler
  /// A batch is counted right, ends once, and makes its callback job once.
  case batches
  /// A signal that was taken lets its job go on, and without one the time-out does.
  case signals
  /// The end of each job and batch is told to the webhooks that want it, signed.
  case webhooks
  /// A database that went back to an older backup loses what is younger, and nothing else.
  case restore

  /// What it says, in a few words.
  package var title: String {
    switch self {
    case .D1: "a job answered with 202 is never lost, and ends once"
    case .D2: "a finished step never runs again"
    case .D3: "an effect that may not repeat is never silently repeated"
    case .D5: "a repeated POST makes one job"
    case .D6: "nothing vanishes unroutable"
    case .D7: "broker killed and restarted"
    case .D8: "an ambiguous COMMIT is settled"
    case .D9: "slow, half-open, cut links"
    case .D10: "a paused worker cannot write"
    case .D11: "a crashing step is bounded and kept"
    case .D12: "one user does not delay another"
    case .D13: "urgent first, low not starved"
    case .D14: "back-pressure, not collapse"
    case .D15: "a cancelled job stops"
    case .D16: "no final result is lost on the way back"
    case .D17: "streams are whole"
    case .D18: "delays, retries and schedules on time"
    case .D19: "work goes on without the broker"
    case .D20: "one running turn per session, in order"
    case .D21: "a rolling restart loses nothing"
    case .D22: "recovery"
    case .D23: "availability"
    case .invariant: "a job that is not over has a step to come, and its counts are right"
    case .reconciler: "no lane lacks tickets unless it was wiped"
    case .batches: "a batch ends once, with its counts and its callback"
    case .signals: "a signal reaches the job that waits for it"
    case .webhooks: "ends are told to webhooks"
    case .restore: "a database restored from an older backup goes on"
    }
  }

  /// The figure promised, for a run of the length that docs/CHAOS.md tells of.
  package var figure: String {
    switch self {
    case .D1: "0 lost in 3,000 kills"
    case .D2: "0; a killed worker repeats at most the calls in flight"
    case .D3: "0; in doubt means unknown, and shown"
    case .D5: "1,000 keys × 50 at once over 3 nodes make 1,000 jobs"
    case .D6: "0"
    case .D7: "0 lost in 100 kills at 500 msg/s, going again within 15 s"
    case .D8: "0 lost, 0 doubled in 1,000 cuts"
    case .D9: "nothing hangs longer than 2 heartbeats + 5 s"
    case .D10: "0 stale writes in 200 pauses of 3 leases"
    case .D11: "at most 5 crashes, then dead"
    case .D12: "a new user's step starts within 1 step per slot of a backlog of 100,000"
    case .D13: "urgent waits at most one running step; low has 10 % of the starts"
    case .D14: "503 or 429 with Retry-After within 200 ms (p99), memory bounded"
    case .D15: "queued within 1 s, running within 2 s, never revived"
    case .D16: "0"
    case .D17: "final text equal byte by byte, no gap, no double"
    case .D18: "within 2 s of their time, no head-of-line blocking, one fire per tick, none twice"
    case .D19: "steps start while the broker is away; nothing doubled"
    case .D20: "0 overlaps in 10 sessions × 200 messages × 8 slots, and kills"
    case .D21: "SIGTERM within 30 s, 0 failed jobs in 200 restarts"
    case .D22: "a killed worker's steps go on within 25 s (p99); the whole stack cold within 60 s"
    case .D23: "99.9 % of a probe each second over an hour; kills of the database apart"
    case .invariant: "0 jobs break it"
    case .reconciler: "0 rings"
    case .batches: "0 of another end, 0 callbacks too many or too few"
    case .signals: "0 that were sent and not taken, 0 waits left"
    case .webhooks: "0 untold, each signed so that another library takes it"
    case .restore: "each job of the backup ends once; only what is younger is gone"
    }
  }
}
