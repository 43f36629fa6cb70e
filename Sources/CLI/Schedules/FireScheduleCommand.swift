import ArgumentParser
import Jobs

/// `openclaw schedules fire`.
struct FireScheduleCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "fire", abstract: "Make a schedule's job now.",
    discussion: """
      Prints the job. Each call makes one more, whatever --overlap says, but for `queue`: then it \
      waits for those before it. It is no tick: LAST and OUTCOME stay as they are.
      """)

  @OptionGroup var schedule: ScheduleName

  @Flag(help: "Show what happens until the end, then the result.")
  var follow = false

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(with client: GatewayClient, on console: Console) async throws -> ExitStatus {
    let job: JobView
    do {
      job = try await client.fire(schedule.name)
    } catch let error as CommandError where error.isInDoubt {
      throw error.alsoHinting("There may be a new job: openclaw jobs list")
    }
    return try await JobFollowing(client: client, console: console, screen: .error)
      .finish(job, isFollowed: follow)
  }
}
