import ArgumentParser

/// How to print; part of every command.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "The form of what goes to standard output.")
  var format = OutputFormat.table

  @Flag(name: .customLong("no-color"), help: "No color, also on a terminal.")
  var isPlain = false
}

/// Which gateway to talk to, and as whom; part of every command that does.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: """
      The gateway. Else OPENCLAW_URL, the profile, `openclaw up` on this machine, \
      http://127.0.0.1:18789.
      """)
  var url: String?

  @Option(
    help: ArgumentHelp(
      """
      A file of mode 0600 with the token. Else OPENCLAW_TOKEN_FILE, OPENCLAW_TOKEN, the profile \
      if the gateway is the profile's, operator.token in the data root.
      """, valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "A profile of profiles.json in the user's XDG config folder; wins over the environment.",
      valueName: "name"))
  var profile: String?
}
