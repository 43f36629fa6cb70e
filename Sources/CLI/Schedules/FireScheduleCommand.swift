import ArgumentParser
import Jobs

/// `openclaw schedules fire`.
struct FireScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "fire", abstract: "Make a schedule's job now.",
    discussion: """
      Prints the job. Each call makes one more, whatever --overlap says, but for `queue`: then it \
      waits for those before it. Only the idempotency key of an earlier call gives its job again. \
      It is no tick: LAST and OUTCOME stay as they are.
      """)

  @OptionGroup var schedule: ScheduleName

  @Flag(help: "Show what happens until the end, then the result.")
  var follow = false

  @OptionGroup var key: RequestKey

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let key = key.value
    let job = try await RequestKey.keeping(key) {
      try await client.fire(schedule.name, key: key)
    }
    return try await JobFollowing(client: client, console: console, screen: .error)
      .finish(job, isFollowed: follow)
  }
}
