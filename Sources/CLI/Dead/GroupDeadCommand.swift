import ArgumentParser
import Jobs

/// `openclaw dead groups`.
struct GroupDeadCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "groups", abstract: "List in which ways the dead steps of a pool failed.",
    discussion: """
      A row for each fingerprint, with one of its steps as an example. `dead redrive --fingerprint` \
      does all of a group again.
      """)

  @Argument(help: "The pool, such as agent.main.")
  var pool: String

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.deadGroups(in: pool)
    let groups = try (page["items"]?.elements ?? []).map { try DeadGroupView($0) }
    try console.show(groups.map(\.document), of: page) {
      guard !groups.isEmpty else { return "no dead steps" }
      var table = TextTable(
        "FINGERPRINT", "COUNT", "TARGET", "CLASS", "CODE", "FIRST", "LAST", "EXAMPLE")
      for group in groups {
        table.add(
          group.fingerprint, "\(group.count)", group.target, group.kind, group.code,
          WireTime.short(group.firstAt), WireTime.short(group.lastAt), group.example)
      }
      return table.text(isColored: console.isColored, width: console.width)
    }
    return .ok
  }
}
