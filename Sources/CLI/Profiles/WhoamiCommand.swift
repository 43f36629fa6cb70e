import ArgumentParser
import Foundation
import Jobs

/// `openclaw whoami`.
struct WhoamiCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami", abstract: "Tell which gateway is asked as whom, and what they may do.",
    discussion: "Exits 4 when the token is unknown, has expired or was revoked.")

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let view = try await client.whoami()
    try console.show(view.document) { Self.details(view, client.settings.url, now: Date.now) }
    return .ok
  }

  private static func details(_ view: WhoamiView, _ url: String, now: Date) -> String {
    let left = WireTime.ahead(view.expiresAt, of: now).map { ", \($0)" } ?? ""
    let lines = [
      ("gateway", url), ("user", view.user),
      ("role", view.role + (view.mayOperate ? ", may operate" : "")),
      ("targets", view.targets.isEmpty ? "none" : view.targets.joined(separator: " ")),
      ("priority", "up to \(view.maximumPriority)"),
      ("token", "\(view.tokenID)  \(view.tokenName)"),
      ("expires", WireTime.short(view.expiresAt) + left),
    ]
    return lines.map { name, value in
      "\(name.padded(to: 9)) \(TerminalText.neutralized(value, keepsLines: false))"
    }.joined(separator: "\n")
  }
}
