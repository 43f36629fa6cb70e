import ArgumentParser
import Jobs

/// `openclaw limits list`.
struct ListLimitsCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the limits, and how far they are used.",
    discussion: "HELD steps wait until one of those that run ends.")

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.limits()
    let limits = try (page["items"]?.elements ?? []).map { try LimitView($0) }
    try console.show(limits.map(\.document), of: page) { console.table(of: limits) }
    return .ok
  }
}

extension Console {
  /// A row for each limit.
  func table(of limits: [LimitView]) -> String {
    guard !limits.isEmpty else { return "no limits" }
    var table = TextTable("KEY", "MAXIMUM", "RUNNING", "HELD")
    for limit in limits {
      table.add(limit.key, "\(limit.maximum)", "\(limit.running)", "\(limit.held)")
    }
    return table.text(isColored: isColored, width: width)
  }
}
