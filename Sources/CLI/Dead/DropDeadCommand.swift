import ArgumentParser
import Jobs

/// `openclaw dead drop`.
struct DropDeadCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "drop", abstract: "Drop dead steps, so that they cannot be redriven any more.",
    discussion: """
      One's own; those of all users with a token that may operate. Asks first on a terminal; \
      elsewhere it needs --yes. Exits 1 when the answer is no.

      EXAMPLES
        openclaw dead drop agent.main --code provider_bad_request --dry-run
        openclaw dead drop agent.main --code provider_bad_request --limit 1000 --yes
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @OptionGroup var selection: DeadSelection

  @Flag(help: "Only tell how many it would be.")
  var dryRun = false

  @Flag(name: [.customShort("y"), .long], help: "Do not ask.")
  var yes = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    guard yes || dryRun || console.canAsk else {
      throw CommandError.usage(
        "nobody can be asked whether to drop them", hint: "Give --yes, or --dry-run.")
    }
    var request = selection.members
    request["dry_run"] = true
    if dryRun || !yes {
      let (document, matched, _) = try await client.drop(pool, request)
      let steps = DeadSelection.counted(matched)
      if dryRun || matched == 0 {
        try console.show(document) { "\(steps) matched, nothing was dropped" }
        return .ok
      }
      guard try await console.isConfirmed("Drop \(steps) of \(pool) for good") else {
        throw CommandError(.failed, type: "not_confirmed", "nothing was dropped")
      }
    }
    request["dry_run"] = nil
    let (document, matched, dropped) = try await dropped(request, client)
    try console.show(document) { "\(DeadSelection.counted(matched)) matched, \(dropped) dropped" }
    return .ok
  }

  private func dropped(
    _ request: [String: JSONValue], _ client: GatewayClient
  ) async throws -> (JSONValue, Int64, Int64) {
    do {
      return try await client.drop(pool, request)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("They may be dropped: openclaw dead list \(pool)")
    }
  }
}
