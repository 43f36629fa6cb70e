import Foundation

/// The operating system's side of one openclaw-guard: the spawn and the two channels.
struct SpawnedGuard {
  let pid: pid_t
  /// This end of the guard's stdin. Closing it asks the guard to stop.
  let input: Int32
  /// This end of the guard's status fd: one line, then end of file.
  let status: Int32

  /// The number the guard finds its status channel under.
  static let statusFD: Int32 = 3

  /// Wraps `posix_spawn`. The guard gets a session of its own, so that Ctrl-C in a terminal reaches
  /// its parent only, which then stops things in order.
  ///
  /// - Throws: `LocalServiceError` with `launch` or `missingProgram`.
  static func spawn(
    executable: String, arguments: [String], environment: [String: String]
  ) throws -> SpawnedGuard {
    let input = try closeOnExecPair()
    let status: (child: Int32, parent: Int32)
    do { status = try closeOnExecPair() } catch {
      close(input.child)
      close(input.parent)
      throw error
    }
    defer {
      close(input.child)
      close(status.child)
    }
    do {
      let pid = try spawn(
        executable, [executable] + arguments, environment.map { "\($0)=\($1)" },
        stdin: input.child, statusEnd: status.child)
      return SpawnedGuard(pid: pid, input: input.parent, status: status.parent)
    } catch {
      close(input.parent)
      close(status.parent)
      throw error
    }
  }

  /// A connected pair of sockets, because only `socketpair` sets close-on-exec without a gap here.
  ///
  /// It matters: a guard that inherited another's input would keep that one from seeing its end.
  private static func closeOnExecPair() throws -> (child: Int32, parent: Int32) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw LocalServiceError(.launch, "cannot make a socket pair: \(systemMessage(errno))")
    }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], _ environment: [String], stdin: Int32,
    statusEnd: Int32
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, stdin, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, statusEnd, statusFD)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var nothing = sigset_t()
    sigemptyset(&nothing)
    posix_spawnattr_setsigmask(&attributes, &nothing)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | setSession))
    var pid: pid_t = 0
    let result = withCStrings(arguments) { argv in
      withCStrings(environment) { envp in
        posix_spawn(&pid, executable, &actions, &attributes, argv, envp)
      }
    }
    guard result == 0 else {
      throw LocalServiceError(
        result == ENOENT ? .missingProgram : .launch,
        "cannot run \(executable): \(systemMessage(result))")
    }
    return pid
  }

  /// POSIX_SPAWN_SETSID of <spawn.h>, which glibc shows to GNU sources only.
  private static let setSession: Int32 = 0x80

  /// Calls `body` with a NULL-terminated array of C strings that lives as long as the call.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}

/// The text of an `errno` value.
func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }
