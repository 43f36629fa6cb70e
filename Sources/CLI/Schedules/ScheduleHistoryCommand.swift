import ArgumentParser
import Jobs

/// `openclaw schedules history`.
struct ScheduleHistoryCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List what became of a schedule's ticks, the newest first.",
    discussion: """
      Those of the last 30 days. DECIDED is when the job was made, or when it was clear that there \
      would be none.
      """)

  @OptionGroup var schedule: ScheduleName

  @OptionGroup var pages: PageOptions

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.history(of: schedule.name, pages.query)
    let ticks = page["items"]?.elements ?? []
    try console.show(ticks, of: page) {
      guard !ticks.isEmpty else { return "no ticks yet" }
      var table = TextTable("TICK", "OUTCOME", "DECIDED", "JOB")
      for tick in ticks {
        table.add(
          WireTime.short(tick["tick"]?.text), tick["outcome"]?.text ?? "?",
          WireTime.short(tick["decided_at"]?.text), tick["job_id"]?.text ?? "–")
      }
      return table.text(isColored: console.isColored, width: console.width)
    }
    console.sayWhatFollows(page)
    return .ok
  }
}
