import ArgumentParser
import Jobs

/// `openclaw jobs retry`.
struct RetryJobCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Do a failed, cancelled or expired job again, as a new job.",
    discussion: """
      Prints the new job, which names the old one. Each call makes one more, unless it has the \
      idempotency key of an earlier one.
      """)

  @Argument(help: "The old job's id.")
  var id: JobID

  @Flag(help: "Show what happens until the end, then the result.")
  var follow = false

  @OptionGroup var key: RequestKey

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let key = key.value
    let job = try await RequestKey.keeping(key) { try await client.retry(id, key: key) }
    return try await JobFollowing(client: client, console: console, screen: .error)
      .finish(job, isFollowed: follow)
  }
}
