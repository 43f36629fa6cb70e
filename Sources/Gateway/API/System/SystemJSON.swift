import Jobs

extension LaneStatus {
  /// The lane as the API shows it.
  var json: JSONValue {
    .object(
      figures.merging([
        "lane": .string(lane.description), "queue": .string(queue),
        "priority": .string(lane.priority.name),
      ]) { $1 })
  }

  /// What a lane has in common with the sum of a pool's lanes.
  fileprivate var figures: [String: JSONValue] {
    [
      "pool": .string(lane.pool.name), "paused": paused?.mark ?? .null,
      "ready": .integer(Int64(ready)), "running": .integer(Int64(running)),
      "held": .object(held.mapValues { .integer(Int64($0)) }),
      "due_later": .integer(Int64(dueLater)), "dead": .integer(Int64(dead)),
      "unconfirmed": .integer(Int64(unconfirmed)),
      "oldest_age_seconds": oldestAge.map { .number($0 / .seconds(1)) } ?? .null,
      "rate_in": .number(rateIn), "rate_out": .number(rateOut),
      "consumers": .integer(Int64(consumers)), "broker": broker?.json ?? .null,
      "rung": .integer(Int64(rung)), "surplus": surplus.map { .integer(Int64($0)) } ?? .null,
    ]
  }
}

extension [LaneStatus] {
  /// The lanes of one pool and their sum, as the API shows a pool's queue; not for no lanes.
  var queueJSON: JSONValue {
    let surplus = compactMap(\.surplus)
    var members = self[0].figures
    // A lane's pause keeps the others going: only the pool's own is that of all.
    members["paused"] =
      compactMap(\.paused).first { $0.key == .pool(self[0].lane.pool) }?.mark ?? .null
    members["ready"] = sum(\.ready)
    members["running"] = sum(\.running)
    members["held"] = .object(
      reduce(into: [:]) { $0.merge($1.held, uniquingKeysWith: +) }
        .mapValues { .integer(Int64($0)) })
    members["due_later"] = sum(\.dueLater)
    members["dead"] = sum(\.dead)
    members["unconfirmed"] = sum(\.unconfirmed)
    members["oldest_age_seconds"] =
      compactMap(\.oldestAge).max().map { .number($0 / .seconds(1)) } ?? .null
    members["rate_in"] = .number(map(\.rateIn).reduce(0, +))
    members["rate_out"] = .number(map(\.rateOut).reduce(0, +))
    // Each worker serves all lanes of its pool.
    members["consumers"] = .integer(Int64(map(\.consumers).max() ?? 0))
    members["broker"] = LaneStatus.Broker(sumOf: compactMap(\.broker))?.json ?? .null
    members["rung"] = sum(\.rung)
    members["surplus"] = surplus.isEmpty ? .null : .integer(Int64(surplus.reduce(0, +)))
    members["lanes"] = .array(map(\.json))
    return .object(members)
  }

  private func sum(_ figure: (LaneStatus) -> Int) -> JSONValue {
    .integer(Int64(map(figure).reduce(0, +)))
  }
}

extension PauseRecord {
  /// The pause as what it keeps from starting shows it.
  fileprivate var mark: JSONValue {
    [
      "key": .string(key.description), "reason": .string(reason), "owner": .string(owner),
      "since": .time(since), "until": .time(until),
    ]
  }
}

extension LaneReport {
  /// What is amiss, as the API shows it: over all lanes.
  ///
  /// - Parameter showsJobs: Whether the reader may see the ids of anybody's jobs.
  func reconcilerJSON(showsJobs: Bool) -> JSONValue {
    let surplus = lanes.compactMap(\.surplus)
    let sweep = reconciler.sweep
    var members: [String: JSONValue] = [
      "rung": .integer(Int64(lanes.map(\.rung).reduce(0, +))),
      "surplus": surplus.isEmpty ? .null : .integer(Int64(surplus.reduce(0, +))),
      "orphans": sweep.map { .integer(Int64($0.orphans)) } ?? .null,
      "looked_at": sweep.map { .integer(Int64($0.lookedAt)) } ?? .null,
      "swept_at": sweep.map { .time($0.endedAt) } ?? .null,
    ]
    if showsJobs {
      members["orphan_jobs"] = .array((sweep?.jobs ?? []).map { .string($0.description) })
    }
    return .object(members)
  }
}

extension LaneStatus.Broker {
  /// The sum over queues that the same workers read; `nil` for none.
  fileprivate init?(sumOf queues: [LaneStatus.Broker]) {
    guard let consumers = queues.map(\.consumers).max() else { return nil }
    self.init(messages: queues.map(\.messages).reduce(0, +), consumers: consumers)
  }

  /// RabbitMQ's figures as the API shows them.
  fileprivate var json: JSONValue {
    ["messages": .integer(Int64(messages)), "consumers": .integer(Int64(consumers))]
  }
}

extension WorkerRecord {
  /// The worker as the API shows it.
  var json: JSONValue {
    [
      "id": .string(id.description), "state": .string(state.rawValue),
      "pools": .array(pools.map { .string($0.name) }), "slots": .integer(Int64(slots)),
      "busy": .integer(Int64(busy)), "host": .string(host), "pid": .integer(Int64(pid)),
      "version": .string(version), "started_at": .time(startedAt), "seen_at": .time(seenAt),
      "steps": .array(steps.map(\.json)),
    ]
  }
}

extension WorkerRecord.RunningStep {
  /// The step as the API shows it; `null` for a job that the reader may not see.
  fileprivate var json: JSONValue {
    [
      "step": .string(step.description), "job": job.map { .string($0.description) } ?? .null,
      "target": .string(target.description), "priority": .string(priority.name),
      "started_at": .time(startedAt),
    ]
  }
}

extension PoolRecord {
  /// The pool as the API shows it.
  var json: JSONValue {
    [
      "pool": .string(pool.name), "paused": paused?.mark ?? .null,
      "desired": desired.map { .integer(Int64($0)) } ?? .null,
      "managed": .bool(isManaged),
      "target_wait": targetWait.map { .string(DurationText.text(of: $0)) } ?? .null,
      "target_wait_seconds": targetWait.map { .number($0 / .seconds(1)) } ?? .null,
      "workers": .integer(Int64(workers)),
      "slots": .integer(Int64(slots)), "running": .integer(Int64(running)),
      "ready": .integer(Int64(ready)),
      "targets": .array(targets.map { .string($0.description) }),
    ]
  }
}
