import Foundation
import Glibc

/// A python3 process that runs a script for the time of a closure, and prints its port first.
///
/// Its standard input closes when this process ends, however that happens; the script ends then.
/// Foundation's `Process` is not used: its wait blocks a run loop, and children inherit its pipes.
public enum ScriptProcess {
  /// The script did not print a port.
  public struct DidNotStart: Error {}

  /// Runs the script until the body is done.
  ///
  /// - Parameters:
  ///   - python: A program of the PATH, or the path of one with more packages.
  ///   - body: Gets the number that the script printed as its first line.
  /// - Throws: ``DidNotStart``; what the body throws.
  public static func run<Value>(
    _ script: String, python: String = "python3", _ body: (Int) async throws -> Value
  ) async throws -> Value {
    var input: [Int32] = [-1, -1]
    var output: [Int32] = [-1, -1]
    guard pipe(&input) == 0, pipe(&output) == 0 else { throw DidNotStart() }
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let started = spawn(python, script, input: input[0], output: output[1])
    close(input[0])
    close(output[1])
    defer {
      close(input[1])
      close(output[0])
      if let started {
        kill(started, SIGKILL)
        waitpid(started, nil, 0)
      }
    }
    guard started != nil, let port = await readNumber(from: output[0]) else {
      throw DidNotStart()
    }
    return try await body(port)
  }

  private static func spawn(
    _ python: String, _ script: String, input: Int32, output: Int32
  ) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    let words: [String] = [python, "-u", "-c", script]
    var arguments = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var process: pid_t = 0
    let failure = posix_spawnp(&process, python, &actions, nil, arguments, environ)
    return failure == 0 ? process : nil
  }

  /// On a thread of its own, as Python takes its time.
  private static func readNumber(from descriptor: Int32) async -> Int? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: number(from: descriptor)) }
    }
  }

  private static func number(from descriptor: Int32) -> Int? {
    var text = ""
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != 0x0A {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return Int(text)
  }
}
