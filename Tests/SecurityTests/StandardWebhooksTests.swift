import Foundation
import Security
import TestSupport
import Testing

/// Our signatures against the project's own library for Python, both ways.
@Suite(.enabled(if: TestTools.python != nil, "needs scripts/setup.sh --test"))
struct StandardWebhooksTests {
  /// What the library is asked to verify.
  private struct Message: Encodable {
    let name: String
    let secret: String
    var headers: [String: String]
    var body: String
    let isGenuine: Bool

    init(
      _ name: String, _ secret: WebhookSecret, _ headers: WebhookHeaders, _ body: String,
      isGenuine: Bool
    ) {
      self.name = name
      self.secret = secret.secret
      self.headers = Dictionary(uniqueKeysWithValues: headers.fields)
      self.body = body
      self.isGenuine = isGenuine
    }
  }

  private let id = WebhookMessageID("msg_\(UUID())")

  private func run(_ script: String, _ files: [String: [UInt8]]) async throws -> String {
    let run = try await ToolRun.run(
      try #require(TestTools.python), ["script.py"],
      files: files.merging(["script.py": [UInt8](script.utf8)]) { $1 })
    #expect(run.status == 0, "\(run.output)")
    return run.output
  }

  private func sign(
    _ secrets: [WebhookSecret], _ body: String, at moment: Date = .now
  ) throws -> WebhookHeaders {
    WebhookSigner(secrets).sign(id: try #require(id), at: moment, body: [UInt8](body.utf8))
  }

  private func genuine() throws -> [Message] {
    let old = WebhookSecret()
    var messages: [Message] = []
    for bytes in [24, 25, 26, 32, 33, 64] {
      let encoded = Data((0..<bytes).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
      let secret = try #require(WebhookSecret("whsec_\(encoded)"))
      let body = #"{"type": "job.succeeded", "data": {"n": \#(bytes), "text": "é\u2028 🦞\\"}}"#
      let both = try sign([secret, old], body)
      messages += [
        Message("\(bytes) bytes", secret, try sign([secret], body), body, isGenuine: true),
        Message("\(bytes) bytes, new", secret, both, body, isGenuine: true),
        Message("\(bytes) bytes, old", old, both, body, isGenuine: true),
      ]
    }
    return messages
  }

  private func manipulated() throws -> [Message] {
    let secret = WebhookSecret()
    let body = #"{"amount": 1}"#
    let headers = try sign([secret], body)
    var otherID = headers
    otherID.id += "x"
    var otherTime = headers
    otherTime.timestamp = String((Int(headers.timestamp) ?? 0) + 1)
    var otherScheme = headers
    otherScheme.signature = "v2" + headers.signature.dropFirst(2)
    var cut = headers
    cut.signature = "v1,AAAA"
    let late = try sign([secret], body, at: .now - 310)
    let early = try sign([secret], body, at: .now + 310)
    return [
      Message("body", secret, headers, #"{"amount": 9}"#, isGenuine: false),
      Message("white space", secret, headers, #"{"amount":1}"#, isGenuine: false),
      Message("id", secret, otherID, body, isGenuine: false),
      Message("timestamp", secret, otherTime, body, isGenuine: false),
      Message("scheme", secret, otherScheme, body, isGenuine: false),
      Message("signature", secret, cut, body, isGenuine: false),
      Message("secret", WebhookSecret(), headers, body, isGenuine: false),
      Message("too old", secret, late, body, isGenuine: false),
      Message("too new", secret, early, body, isGenuine: false),
    ]
  }

  @Test func itBelievesWhatWeSignAndNothingElse() async throws {
    let messages = try genuine() + manipulated()
    let output = try await run(
      Self.verification, ["messages.json": [UInt8](JSONEncoder().encode(messages))])
    #expect(output == "18 believed, 9 refused\n")
  }

  @Test func weBelieveWhatItSigns() async throws {
    let secret = WebhookSecret()
    let body = #"{"text": "é 🦞"}"#
    let output = try await run(
      Self.signing, ["secret": [UInt8](secret.secret.utf8), "body": [UInt8](body.utf8)])
    let lines = output.split(separator: "\n").map(String.init)
    try #require(lines.count == 2)
    let headers = WebhookHeaders(id: "msg_1", timestamp: lines[0], signature: lines[1])
    let verifier = WebhookVerifier([secret])
    #expect(throws: Never.self) {
      try verifier.verify(headers, body: [UInt8](body.utf8), at: .now)
    }
    #expect(throws: WebhookVerificationError.self) {
      try verifier.verify(headers, body: [UInt8]("\(body) ".utf8), at: .now)
    }
  }

  private static let verification = """
    import json
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    counts = {True: 0, False: 0}
    for message in json.load(open("messages.json", encoding="utf-8")):
        try:
            Webhook(message["secret"]).verify(message["body"], message["headers"])
            believed = True
        except WebhookVerificationError:
            believed = False
        assert believed == message["isGenuine"], message["name"]
        counts[believed] += 1
    print(f"{counts[True]} believed, {counts[False]} refused")
    """

  private static let signing = """
    from datetime import datetime, timezone
    from standardwebhooks.webhooks import Webhook

    now = datetime.now(tz=timezone.utc)
    webhook = Webhook(open("secret", encoding="utf-8").read())
    print(int(now.timestamp()))
    print(webhook.sign("msg_1", now, open("body", encoding="utf-8").read()))
    """
}
