import ArgumentParser
import Jobs

/// `openclaw jobs signals`.
struct ListSignalsCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "signals", abstract: "List the signals that a job waits for, and those kept.",
    discussion: """
      TIME is when a wait is given up, and when a signal came that nothing has taken yet.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let answer = try await client.signals(of: id)
    let waits = answer["waits"]?.elements ?? []
    let kept = answer["kept"]?.elements ?? []
    try console.show(waits + kept, of: answer) {
      guard !(waits + kept).isEmpty else { return "no signals" }
      var table = TextTable("SIGNAL", "STATE", "TIME", "STEP")
      for wait in waits {
        table.add(
          wait["signal"]?.text ?? "?", "waited for", WireTime.short(wait["until"]?.text),
          wait["step"]?.text ?? "")
      }
      for signal in kept {
        table.add(signal["signal"]?.text ?? "?", "kept", WireTime.short(signal["sent_at"]?.text))
      }
      return table.text(isColored: console.isColored, width: console.width)
    }
    return .ok
  }
}
