/// What a database that went back to an older backup has kept. Pure.
struct RestoreTally: Sendable {
  /// Jobs of which a client had its 202 before the backup began.
  var before = 0
  /// Of these, not in the restored database.
  var lost = 0
  /// Jobs in the backup that were not over.
  var open = 0
  /// Jobs in the backup that did not end exactly once, or otherwise than a client had read before.
  var oddEnds = 0
  /// Jobs in the backup that are not over in the end.
  var stuck = 0
  /// Jobs accepted after the backup.
  var after = 0
  /// Of these, answered with 404.
  var gone = 0
  /// Of those, asked for again with their key.
  var askedAgain = 0
  /// Of these, done as a new job.
  var doneAgain = 0
  /// Jobs in the backup, asked for again with their key, that were answered as the same job.
  var replays = 0
  /// And those that were not.
  var falseReplays = 0
  /// Tickets in the broker for steps of a future that is gone, and those left in the end.
  var surplus = 0
  var surplusLeft = 0
  /// Steps that had ended in the backup and ran again all the same.
  var ranAgain = 0
  /// Steps that had ended after the backup and ran again, as nobody knows of that.
  var repeated = 0
  /// Unsafe effects that happened twice, and jobs that say that nobody knows.
  var effectsTwice = 0
  var unknown = 0
  /// Results that a client had read after the backup, and that are others now.
  var otherResults = 0
  /// Ticks of schedules that fired after the backup, and those that did so once more.
  var ticks = 0
  var ticksAgain = 0
  /// New jobs that were done afterwards.
  var fresh = 0
  /// Transactions a second with nothing to do, before and afterwards.
  var quietRate = (before: 0, after: 0)
  /// What else went wrong, such as a process that died.
  var faults: [String] = []

  func verdict(atLeast minimum: Int) -> Verdict {
    let wrong = [
      (lost, "jobs of the backup are lost"), (oddEnds, "jobs did not end exactly once"),
      (stuck, "jobs are not over"), (after - gone, "jobs of the lost time are not gone"),
      (askedAgain - doneAgain, "jobs that were asked for again were not done"),
      (falseReplays, "keys of the backup were not known"),
      (surplusLeft, "surplus tickets are left"),
      (ranAgain, "steps ran again that had ended in the backup"),
      (quietRate.after > 2 * quietRate.before + 50 ? 1 : 0, "restless system"),
    ]
    let untested = [
      (open, "job was open in the backup"), (after, "job was accepted after it"),
      (surplus, "ticket was surplus"), (repeated, "step ran again"), (ticks, "tick fired after it"),
      (fresh, "new job was done"), (replays, "key was repeated"),
      (askedAgain, "job was asked for again"),
    ]
    return Verdict(
      .restore, observations: before, atLeast: minimum,
      counts: [
        "accepted before the backup": before, "lost": lost, "not over in it": open,
        "ended not exactly once": oddEnds, "stuck": stuck, "accepted after it": after,
        "of these gone (404)": gone, "asked for again with their key and done": doneAgain,
        "surplus tickets": surplus, "left of them": surplusLeft,
        "steps that ran again": repeated, "of those that had ended in it": ranAgain,
        "unsafe effects that happened twice": effectsTwice, "effects in doubt": unknown,
        "results that differ from what was read": otherResults,
        "ticks that fired after it": ticks, "and fired again": ticksAgain, "new jobs done": fresh,
      ],
      notes: [
        "\(quietRate.before) transactions a second in quiet before, \(quietRate.after) afterwards"
      ],
      faults: wrong.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        + untested.filter { $0.0 == 0 }.map { "no \($0.1)" } + faults)
  }
}
