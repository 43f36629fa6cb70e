import ArgumentParser
import Glibc
import ServiceSupport

/// The root of the command line, and the one place where a command's end becomes an exit code.
@main
struct OpenClaw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw",
    abstract: "Enqueue AI-agent jobs, get their results, see what the queues are doing.",
    discussion: """
      Data goes to standard output, everything else to standard error.

      EXAMPLES
        openclaw up
        openclaw jobs enqueue agent:main "Summarize a.md into b.md" --follow
        openclaw jobs enqueue skill:files.list '{"path":"."}' --wait 10 -o json
        openclaw jobs list --state running --state queued
        openclaw jobs watch 0199c0de-0000-7000-8000-000000000000
        openclaw jobs why 0199c0de-0000-7000-8000-000000000000
        openclaw batches create jobs.ndjson --name nightly
        openclaw queues watch
        openclaw dead groups agent.main
        openclaw pools scale agent.main 3

      ENVIRONMENT
        OPENCLAW_URL         the gateway; else that of the profile or of `openclaw up`
        OPENCLAW_TOKEN_FILE  a file of mode 0600 that holds the token
        OPENCLAW_TOKEN       the token itself
        OPENCLAW_DATA_ROOT   where operator.token lies
        NO_COLOR             no color, whatever its value

      EXIT CODES
        0 ok, 1 failed, 2 cancelled, 3 not found, 4 authentication, 5 wait timed out,
        6 conflict, 64 usage, 69 unreachable, 130 interrupted, 141 output closed
      """,
    version: version,
    subcommands: [
      UpCommand.self, DownCommand.self, StatusCommand.self, MigrateCommand.self, DoctorCommand.self,
      JobsCommand.self, QueuesCommand.self, WorkersCommand.self, PoolsCommand.self,
      DeadCommand.self, SchedulesCommand.self, PausesCommand.self, LimitsCommand.self,
      BatchesCommand.self, WebhooksCommand.self,
      UsersCommand.self, TokensCommand.self, LoginCommand.self, LogoutCommand.self,
      WhoamiCommand.self, ProfilesCommand.self, CompletionCommand.self, TestServicesCommand.self,
    ])

  /// The release this command line belongs to.
  static let version = BuildInfo.version

  static func main() async {
    // A reader that goes away (`| head`) is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let surroundings = Surroundings.process()
    let words = ArgumentWords.process()
    guard words.areText else {
      end(refuse(ArgumentWords.notText, words.format, in: surroundings))
    }
    let status = await run(words.values, in: surroundings)
    Termination.finish()
    end(status)
  }

  /// Ends the process at once. What C libraries would clean up in `exit` may still be in use by
  /// threads that are about to end.
  private static func end(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }

  /// Parses and runs one command line.
  ///
  /// - Parameter arguments: Without the program's name.
  /// - Returns: The process's exit code.
  static func run(_ arguments: [String], in surroundings: Surroundings) async -> Int32 {
    do {
      var command = try parseAsRoot(arguments)
      if let command = command as? any OpenClawCommand {
        return await perform(command, in: surroundings).rawValue
      }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitStatus.ok.rawValue
    } catch {
      return explain(error, ArgumentWords(arguments).format, in: surroundings)
    }
  }

  private static func perform(
    _ command: any OpenClawCommand, in surroundings: Surroundings
  ) async -> ExitStatus {
    let console = Console(surroundings, options: command.output)
    do {
      return try await command.perform(on: console)
    } catch let error as CommandError {
      console.report(error)
      return error.status
    } catch let error as OutputError {
      return lost(error, on: console)
    } catch is CancellationError {
      console.report(.interrupted)
      return .interrupted
    } catch {
      console.report(CommandError(.failed, type: "internal", "\(error)"))
      return .failed
    }
  }

  /// Says that standard output takes no more, unless who read it has seen enough.
  private static func lost(_ error: OutputError, on console: Console) -> ExitStatus {
    guard !error.isClosed else { return .outputClosed }
    console.say("error: \(error)")
    return .failed
  }

  /// Prints the parser's help to standard output, and its complaints to standard error or as a
  /// document.
  private static func explain(
    _ error: any Error, _ format: OutputFormat, in surroundings: Surroundings
  ) -> Int32 {
    let code = exitCode(for: error).rawValue
    if code == ExitStatus.usage.rawValue, format != .table {
      return refuse(.usage(message(for: error)), format, in: surroundings)
    }
    let text = fullMessage(for: error)
    let console = plain(.table, surroundings)
    guard code == 0 else {
      console.say(text)
      return code
    }
    do {
      try surroundings.writeOutput([UInt8]((text + "\n").utf8))
    } catch let error as OutputError {
      return lost(error, on: console).rawValue
    } catch {
      return ExitStatus.failed.rawValue
    }
    return code
  }

  /// Reports an error of a command line that no command was made of.
  private static func refuse(
    _ error: CommandError, _ format: OutputFormat, in surroundings: Surroundings
  ) -> Int32 {
    plain(format, surroundings).report(error)
    return error.status.rawValue
  }

  /// The console of a command line that no command was made of.
  private static func plain(_ format: OutputFormat, _ surroundings: Surroundings) -> Console {
    // Options that were not parsed have no values of their own.
    var options = OutputOptions()
    options.format = format
    options.isPlain = true
    return Console(surroundings, options: options)
  }
}
