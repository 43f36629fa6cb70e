import ArgumentParser
import Jobs

/// `openclaw queues list`.
struct ListQueuesCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the queues, a row for each pool.",
    discussion: """
      READY steps may be claimed, RUN are running, LATER wait for a retry or a delay, DEAD will \
      not be tried again. PAUSED is there while something is: `yes`, or the priorities that are. HELD \
      wait for their session, a delegated job, a signal, a limit or a pause; \
      `queues show` tells which. BUSY is slots in use of all. The rates are of the last minute. On a \
      narrow terminal the last columns are left out.
      """)

  @Flag(help: "A row for each lane: a pool at a priority.")
  var lanes = false

  @Option(help: "Only this pool.")
  var pool: String?

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let sample = try await QueueSample(client, pool: pool)
    var board = QueueBoard(showsLanes: lanes)
    board.take(sample.lanes, sample.pools)
    try console.show(sample.lanes.map(\.document), of: sample.document) {
      console.text(of: board.lines(width: console.width, showsCourse: false))
    }
    for note in ReconcilerView(sample.document["reconciler"]).notes {
      console.say("\(note): see docs/OPERATIONS.md")
    }
    return .ok
  }
}
