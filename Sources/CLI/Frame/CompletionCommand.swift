import ArgumentParser

/// `openclaw completion`.
struct CompletionCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a script that completes commands in a shell.",
    discussion: """
      EXAMPLES
        bash   source <(openclaw completion bash)
        zsh    openclaw completion zsh > "${fpath[1]}/_openclaw"
        fish   openclaw completion fish > ~/.config/fish/completions/openclaw.fish
      """)

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  @OptionGroup(title: "Output") var output: OutputOptions

  /// A shell that there is a script for.
  enum Shell: String, ExpressibleByArgument, CaseIterable, Sendable {
    case bash, zsh, fish
  }

  func perform(on console: Console) async throws -> ExitStatus {
    let script =
      switch shell {
      case .bash: OpenClaw.completionScript(for: .bash)
      case .zsh: OpenClaw.completionScript(for: .zsh)
      case .fish: OpenClaw.completionScript(for: .fish)
      }
    // A script goes to a file or a shell; its tabs and line feeds have to stay.
    try console.surroundings.writeOutput([UInt8]((script + "\n").utf8))
    return .ok
  }
}
