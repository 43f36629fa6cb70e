import ArgumentParser

/// Whether to look once or again and again; part of the commands where that is worth it.
struct WatchOptions: ParsableArguments {
  @Flag(help: "Look again and again until Ctrl-C, which exits 130.")
  var watch = false

  @Option(help: ArgumentHelp("With --watch: look again after so long; 2.", valueName: "seconds"))
  var interval: Double?

  @Option(help: "With --watch: end after so many looks.")
  var count: Int?

  func validate() throws {
    guard watch || interval == nil && count == nil else {
      throw ValidationError("--interval and --count go with --watch.")
    }
    guard (0.2...3600).contains(interval ?? 2) else {
      throw ValidationError("--interval takes 0.2 to 3600 seconds.")
    }
    guard count ?? 1 > 0 else { throw ValidationError("--count takes 1 or more.") }
  }
}
