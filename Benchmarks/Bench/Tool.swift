import Foundation
import TestSupport

/// Runs programs that answer with JSON.
enum Tool {
  /// Runs a program that answers with one JSON object in its last line.
  ///
  /// - Throws: ``Failure`` with the end of its output when it fails or answers something else.
  static func json<Value: Decodable>(
    _ type: Value.Type, _ program: String, _ arguments: [String],
    environment: [String: String] = [:]
  ) async throws -> Value {
    let run = try await ToolRun.run(program, arguments, environment: environment)
    let line = run.output.split(separator: "\n").last { $0.hasPrefix("{") }
    guard run.status == 0, let line else {
      throw Failure("\(program) ended with \(run.status): \(run.output.suffix(2000))")
    }
    return try JSONDecoder().decode(Value.self, from: Data(line.utf8))
  }
}
