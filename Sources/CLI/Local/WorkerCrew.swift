import Jobs
import LocalServices
import Postgres
import Storage
import Synchronization

/// Keeps as many worker processes of each pool running as the pool shall have: one, unless somebody
/// has said otherwise with `openclaw pools scale`.
struct WorkerCrew: Sendable {
  let pools: [Pool]
  /// Makes the process of a pool's nth worker, from 1.
  let makeWorker: @Sendable (Pool, Int) throws -> any LocalService
  /// Keeps a process running until the task is cancelled, and tells what happens to it.
  let supervise: @Sendable (any LocalService) async -> Void
  /// Hears that a worker is gone for good, by its name.
  let forget: @Sendable (String) async -> Void
  let say: @Sendable (String) -> Void

  /// A worker's place in its pool.
  private struct Seat: Hashable, Sendable {
    let pool: Pool
    let number: Int
  }

  /// The seats that are taken; shared with the tasks that free them.
  private final class Seats: Sendable {
    private let taken = Mutex<[Seat: StopRequest]>([:])

    func take(_ seat: Seat) -> StopRequest {
      let stop = StopRequest()
      taken.withLock { $0[seat] = stop }
      return stop
    }

    func free(_ seat: Seat) { taken.withLock { $0[seat] = nil } }

    /// The seats of a pool, in order; those asked to stop are among them until they have.
    func of(_ pool: Pool) -> [(seat: Seat, stop: StopRequest)] {
      taken.withLock { taken in
        taken.filter { $0.key.pool == pool }.sorted { $0.key.number < $1.key.number }
          .map { ($0.key, $0.value) }
      }
    }
  }

  /// Works until the task is cancelled; then stops all workers, each in order.
  func run(_ database: PostgresPool) async {
    let store = PoolStore(pool: database)
    let seats = Seats()
    await withTaskGroup(of: Void.self) { group in
      var desired = Dictionary(uniqueKeysWithValues: pools.map { ($0, 1) })
      var stopping: Set<Seat> = []
      while !Task.isCancelled {
        do {
          desired.merge(try await store.manage(pools)) { $1 }
        } catch {
          // The servers may be restarting; what runs goes on as it was.
        }
        for pool in pools {
          adjust(pool, to: desired[pool] ?? 1, seats, &stopping) { seat, stop, worker in
            group.addTask {
              await keep(worker, until: stop)
              seats.free(seat)
              await forget(worker.name)
            }
          }
        }
        // It fails only at the end.
        try? await Task.sleep(for: .seconds(1))
      }
    }
    // Best effort: it would be noticed fifteen seconds later by itself.
    await Task { try? await store.release(pools) }.value
  }

  private func adjust(
    _ pool: Pool, to count: Int, _ seats: Seats, _ stopping: inout Set<Seat>,
    start: (Seat, StopRequest, any LocalService) -> Void
  ) {
    let taken = seats.of(pool)
    stopping = stopping.filter { seat in
      seat.pool != pool || taken.contains { $0.seat == seat }
    }
    let working = taken.filter { !stopping.contains($0.seat) }
    for (seat, stop) in working.dropFirst(count) {
      say("· worker \(pool) \(seat.number) is let go")
      stopping.insert(seat)
      _ = stop.request()
    }
    var number = 1
    for _ in 0..<max(0, count - working.count) {
      while taken.contains(where: { $0.seat.number == number }) { number += 1 }
      let seat = Seat(pool: pool, number: number)
      number += 1
      do {
        start(seat, seats.take(seat), try makeWorker(pool, seat.number))
      } catch {
        seats.free(seat)
        say("! a worker of \(pool) cannot be started: \(error)")
      }
    }
  }

  private func keep(_ worker: any LocalService, until stop: StopRequest) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await supervise(worker) }
      group.addTask { await stop.wait() }
      await group.next()
      group.cancelAll()
    }
  }
}
