import Foundation

/// A FIFO that stands in for a log file: shows what a process prints as it prints it, and its end tells
/// that nobody who inherited it is left.
struct LogPipe: Sendable {
  let path: String
  private let descriptor: Int32

  init(in folder: URL) {
    path = folder.appending(path: "log-\(UUID().uuidString)").path
    mkfifo(path, 0o600)
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, 0)
  }

  /// The next line without its end, or nil when every writer is gone.
  func line() async -> String? {
    await onThread {
      var bytes: [UInt8] = []
      var byte: UInt8 = 0
      while read(descriptor, &byte, 1) == 1 {
        if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(byte)
      }
      return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Waits until every writer is gone; gives the lines that came until then.
  func linesToEnd() async -> [String] {
    var lines: [String] = []
    while let next = await line() { lines.append(next) }
    return lines
  }
}

/// Runs something that blocks on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    Thread { continuation.resume(returning: body()) }.start()
  }
}

/// A folder that exists while `body` runs.
func withTemporaryFolder<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> Result
) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "local-services-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }  // the temporary folder may keep it
  return try await body(folder)
}
