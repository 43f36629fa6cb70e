import HTTP
import Jobs

/// An error answer of the gateway (RFC 9457), in the words of the command line.
struct Problem {
  private let status: Int
  private let document: JSONValue?

  /// Takes any answer; one that is no problem document still has its status.
  init(_ response: HTTPResponse) {
    status = response.status
    // Not JSON is an answer of something between us and the gateway: the status has to do.
    document = try? JSONValue(json: response.body)  // as said above
  }

  /// The error to end with.
  var error: CommandError {
    CommandError(exitStatus, type: type, message, hint: hint)
  }

  private var exitStatus: ExitStatus {
    switch status {
    case 401, 403: .authentication
    case 404, 410: .notFound
    case 409: .conflict
    case 422 where type == "idempotency_key_reused": .conflict
    case 502, 503, 504: .unreachable
    default: .failed
    }
  }

  /// The problem's code, else the last segment of its type URI.
  private var type: String {
    if let code = document?["code"]?.text { return code }
    let segment = document?["type"]?.text?.split { $0 == "/" || $0 == "#" }.last.map(String.init)
    guard let segment, segment != "about:blank" else { return "http_\(status)" }
    return segment
  }

  private var message: String {
    let title = document?["title"]?.text ?? "the gateway answered \(status)"
    let detail = document?["detail"]?.text.map { $0 == title ? "" : ": \($0)" } ?? ""
    let errors = (document?["errors"]?.elements ?? []).compactMap { fault -> String? in
      let place = (fault["pointer"] ?? fault["parameter"])?.text
      return fault["detail"]?.text.map { "\n  \(place.map { "\($0): " } ?? "")\($0)" }
    }
    let known = (document?["known"]?.elements ?? []).compactMap(\.text)
    let choice = known.isEmpty ? "" : "\n  known: \(known.joined(separator: ", "))"
    return title + detail + errors.joined() + choice
  }

  private var hint: String? {
    if status == 401 {
      return "Give a token with --token-file or OPENCLAW_TOKEN_FILE; `openclaw up` writes one."
    }
    guard status >= 500, let id = document?["request_id"]?.text else { return nil }
    return "request id \(id)"
  }
}
