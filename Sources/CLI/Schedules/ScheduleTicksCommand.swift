import ArgumentParser
import Foundation
import Jobs

/// `openclaw schedules ticks`.
struct ScheduleTicksCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "ticks", abstract: "List the times at which a schedule fires next.",
    discussion: "In UTC, and how far ahead they are.")

  @OptionGroup var schedule: ScheduleName

  @Option(help: "How many, 1 to 100.")
  var count = 10

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...100).contains(count) else { throw ValidationError("--count takes 1 to 100.") }
  }

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.ticks(of: schedule.name, count: count)
    let ticks = page["items"]?.elements ?? []
    let now = Date.now
    try console.show(ticks, of: page) {
      guard !ticks.isEmpty else { return "it does not fire any more" }
      var table = TextTable("TIME", "AHEAD")
      for tick in ticks {
        table.add(WireTime.short(tick.text), WireTime.ahead(tick.text, of: now) ?? "")
      }
      return table.text(isColored: console.isColored, width: console.width)
    }
    return .ok
  }
}
