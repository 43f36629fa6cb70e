import Foundation
import HTTP
import Jobs
import LocalServices

/// The job that `openclaw up` shows: the built-in model summarizes the project's README, copied
/// into the operator's workspace, into a second file there.
struct SampleJob {
  let system: LocalSystem
  let token: String
  let user: UserID
  let say: @Sendable (String) -> Void

  private static let source = "README.md"
  private static let summary = "README.summary.md"

  func run() async throws {
    let workspace = system.stack.root.users.appending(path: "\(user)/workspace")
    try prepare(workspace)
    let client = HTTPClient()
    let start = ContinuousClock.now
    let job = try await enqueue(client)
    guard let id = job["id"]?.text else { throw Self.unexpected("no job id") }
    say("\n  job \(id)  summarize \(Self.source) into \(Self.summary)")
    let end = try await follow(id, client, since: start)
    guard end["state"]?.text == "succeeded" else {
      throw Self.unexpected("the sample job ended as \(end["state"]?.text ?? "?")")
    }
    let file = workspace.appending(path: Self.summary)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      // A real model may do otherwise than the built-in one.
      return say(
        "  the model wrote no \(Self.summary); it answered: \(end["result"]?["text"]?.text ?? "")")
    }
    say("  \(file.path):")
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      say("    │ \(line)")
    }
  }

  private func prepare(_ workspace: URL) throws {
    for folder in [workspace.deletingLastPathComponent(), workspace] {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    }
    let text = try Data(contentsOf: try LocalFiles.readme())
    try text.write(to: workspace.appending(path: Self.source), options: .atomic)
  }

  private func enqueue(_ client: HTTPClient) async throws -> JSONValue {
    try await send(
      client, .post, "/api/v1/jobs",
      body: [
        "target": "agent:main", "input": .string("summarize \(Self.source) into \(Self.summary)"),
      ])
  }

  /// Prints each step as it ends, and the job's states with their times.
  private func follow(
    _ id: String, _ client: HTTPClient, since start: ContinuousClock.Instant
  ) async throws -> JSONValue {
    var shown = 0
    var isOver = false
    say("    \((ContinuousClock.now - start).shownPrecisely)  queued")
    while true {
      let job = try await send(client, .get, "/api/v1/jobs/\(id)")
      isOver = ["succeeded", "failed", "cancelled", "expired"].contains(job["state"]?.text ?? "")
      let steps = try await send(client, .get, "/api/v1/jobs/\(id)/steps")["items"]?.elements ?? []
      for step in steps.dropFirst(shown).prefix(while: { $0["state"]?.text == "done" }) {
        shown += 1
        say(
          "    \((ContinuousClock.now - start).shownPrecisely)  "
            + "\(step["kind"]?.text ?? "") \(step["target"]?.text ?? "")")
      }
      if isOver {
        say("    \((ContinuousClock.now - start).shownPrecisely)  \(job["state"]?.text ?? "")")
        return job
      }
      guard ContinuousClock.now - start < .seconds(60) else {
        throw Self.unexpected("the sample job did not end within a minute")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func send(
    _ client: HTTPClient, _ method: HTTPMethod, _ path: String, body: JSONValue? = nil
  ) async throws -> JSONValue {
    var request = HTTPRequest(
      method, url: system.gatewayURL + path, timeout: .seconds(30))
    request.headers["Authorization"] = "Bearer \(token)"
    request.headers["Content-Type"] = "application/json"
    request.body = body?.json
    let response = try await client.send(request)
    guard (200..<300).contains(response.status) else {
      throw Self.unexpected("\(path) answered \(response.status)")
    }
    return try JSONValue(json: response.body)
  }

  private static func unexpected(_ text: String) -> LocalSystemError {
    LocalSystemError(text)
  }
}

extension Duration {
  /// Seconds with three digits, right-aligned: ` 0.042 s`.
  fileprivate var shownPrecisely: String {
    let (seconds, attoseconds) = components
    let thousandths = String(attoseconds / 1_000_000_000_000_000)
    let fraction = String(repeating: "0", count: 3 - thousandths.count) + thousandths
    return "\(seconds < 10 ? " " : "")\(seconds).\(fraction) s"
  }
}
