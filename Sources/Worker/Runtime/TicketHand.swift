import JobQueue
import Jobs

/// The tickets that a worker holds and has not used, by lane.
struct TicketHand {
  private var lanes: [Lane: [ReceivedTicket]] = [:]

  var counts: [Lane: Int] { lanes.mapValues(\.count) }

  var isEmpty: Bool { lanes.values.allSatisfy(\.isEmpty) }

  mutating func put(_ ticket: ReceivedTicket) { lanes[ticket.lane, default: []].append(ticket) }

  /// Takes the oldest tickets of a lane out of the hand.
  mutating func take(_ count: Int, of lane: Lane) -> [ReceivedTicket] {
    let taken = Array((lanes[lane] ?? []).prefix(count))
    lanes[lane]?.removeFirst(taken.count)
    return taken
  }

  /// Puts tickets back that could not be used.
  mutating func putBack(_ tickets: [ReceivedTicket]) {
    guard let lane = tickets.first?.lane else { return }
    lanes[lane, default: []].insert(contentsOf: tickets, at: 0)
  }

  /// Forgets all: the connection that brought them is gone.
  mutating func drop() { lanes = [:] }
}
