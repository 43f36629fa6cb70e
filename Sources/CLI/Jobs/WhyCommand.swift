import ArgumentParser
import Foundation
import Jobs

/// `openclaw jobs why`.
struct WhyCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Tell why a job waits, and what would let it go on.",
    discussion: """
      For each step that is not over: what keeps it, its position where it has one, when it goes \
      on by itself, and how long that may take, with what this is reckoned from. Exits 0 however \
      the job stands.
      """)

  @Argument(help: "The job's id.")
  var id: JobID

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let view = try await client.why(id)
    try console.show(view.document) {
      console.text(of: WaitExplanation(view).lines(now: Date.now), isWhole: true)
    }
    if view.document["truncated"] == .bool(true) {
      console.say("more of its steps are not over than these")
    }
    return .ok
  }
}
