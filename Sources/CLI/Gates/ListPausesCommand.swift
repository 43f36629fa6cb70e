import ArgumentParser
import Foundation
import Jobs

/// `openclaw pauses list`.
struct ListPausesCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what is paused, by whom and why.",
    discussion: """
      HELD counts steps that were about to start; those of a paused pool, lane or priority stay \
      ready.
      """)

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let page = try await client.pauses()
    let pauses = try (page["items"]?.elements ?? []).map { try PauseView($0) }
    try console.show(pauses.map(\.document), of: page) { console.table(of: pauses) }
    return .ok
  }
}

extension Console {
  /// A row for each pause.
  func table(of pauses: [PauseView]) -> String {
    guard !pauses.isEmpty else { return "nothing is paused" }
    let now = Date.now
    var table = TextTable("KEY", "BY", "SINCE", "ENDS", "HELD", "REASON")
    for pause in pauses {
      table.add(
        pause.key, pause.owner, WireTime.short(pause.since),
        WireTime.ahead(pause.until, of: now) ?? "–", "\(pause.held)", pause.reason)
    }
    return table.text(isColored: isColored, width: width)
  }

  /// Prints one pause as a row.
  func show(pause: PauseView) throws {
    try show(pause.document) { table(of: [pause]) }
  }

  /// Prints that a pause has ended.
  func show(resumed document: JSONValue) throws {
    guard let key = document["key"]?.text else { throw CommandError.unexpectedAnswer }
    try show(document) { TerminalText.neutralized("\(key) goes on", keepsLines: false) }
  }
}
