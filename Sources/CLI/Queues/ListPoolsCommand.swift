import ArgumentParser
import Foundation
import Jobs

/// `openclaw pools list`.
struct ListPoolsCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the pools, their workers and what they serve.")

  @OptionGroup(title: "Watching") var watching: WatchOptions
  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.pools()
    let pools = try (page["items"]?.elements ?? []).map { try PoolView($0) }
    try console.show(pools.map(\.document), of: page) { console.table(of: pools) }
    return .ok
  }
}

extension Console {
  /// A row for each pool.
  func table(of pools: [PoolView]) -> String {
    guard !pools.isEmpty else { return "no pools" }
    var table = TextTable(
      "POOL", "WORKERS", "DESIRED", "BUSY", "READY", "WAIT", "PAUSED", "MANAGED", "TARGETS")
    let now = Date.now
    for pool in pools {
      table.add(
        pool.name, "\(pool.workers)", pool.desired.map { "\($0)" } ?? "–",
        "\(pool.running)/\(pool.slots)", "\(pool.ready)",
        pool.targetWait.map { "≤ \(Duration.seconds($0).brief)" } ?? "–",
        pool.paused.map { WireTime.ahead($0.until, of: now).map { "ends \($0)" } ?? "yes" } ?? "–",
        pool.isManaged ? "yes" : "no",
        pool.targets.joined(separator: " "))
    }
    return table.text(isColored: isColored, width: width)
  }
}
