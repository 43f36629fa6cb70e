import Jobs
import Testing

@testable import openclaw

struct WebhookCommandTests {
  private func webhooks(_ gateway: ScriptedGateway, _ arguments: String...) async -> CommandRun {
    await CommandRun.of(["webhooks"] + arguments + ["--url", gateway.url])
  }

  @Test func theSecretIsAllThatIsPrinted() async throws {
    try await ScriptedGateway.run { gateway in
      let made = await webhooks(
        gateway, "create", "https://example.com/new", "--name", "new", "--event", "job.failed",
        "--event", "job.expired", "--no-all-jobs")
      #expect(made.code == 0 && made.output == "whsec_b25l\n")
      #expect(made.error.contains("shown once") && made.error.contains("webhook new"))
      let body = try await gateway.requests().first?["body"]?.text ?? ""
      let request = try JSONValue(json: Array(body.utf8))
      #expect(
        request == [
          "url": "https://example.com/new", "name": "new", "all_jobs": false,
          "events": ["job.failed", "job.expired"],
        ])
      let taken = await webhooks(gateway, "create", "https://example.com/x", "--name", "ops")
      #expect(taken.code == 6 && taken.output.isEmpty && taken.pauses.isEmpty)
      let rotated = await webhooks(gateway, "rotate", "ops", "--keep-old-for", "2d")
      #expect(rotated.code == 0 && rotated.output == "whsec_dHdv\n")
      let document = try await webhooks(gateway, "rotate", "ops", "-o", "json").json
      #expect(document["secret"] == "whsec_dHdv" && document["name"] == "ops")
    }
  }

  @Test func webhooksAreListedAndShown() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await webhooks(gateway, "list")
      #expect(list.code == 0 && list.output.contains("ops"))
      #expect(list.output.contains("active") && list.output.contains("job.failed,job.expired"))
      let shown = await webhooks(gateway, "show", "ops")
      #expect(shown.code == 0 && shown.output.hasPrefix("name      ops\n"))
      #expect(shown.output.contains("events    job.failed, job.expired\n"))
      #expect(!shown.output.contains("\u{1b}") && !list.output.contains("\u{1b}"))
      #expect(await webhooks(gateway, "show", "none").code == 3)
    }
  }

  @Test func anEditSendsOnlyWhatChanges() async throws {
    try await ScriptedGateway.run { gateway in
      let disabled = await webhooks(gateway, "edit", "ops", "--disable")
      #expect(disabled.code == 0 && disabled.output.contains("disabled  by_user"))
      let enabled = await webhooks(
        gateway, "edit", "ops", "--enable", "--event", "job.failed", "--to", "https://b.c")
      #expect(enabled.code == 0 && enabled.output.contains("active"))
      let bodies = try await gateway.requests().compactMap { $0["body"]?.text }
      #expect(
        bodies == [
          #"{"disabled":true}"#, #"{"disabled":false,"events":["job.failed"],"url":"https://b.c"}"#,
        ])
      let deleted = await webhooks(gateway, "delete", "ops")
      #expect(deleted.code == 0 && deleted.output == "webhook ops is deleted\n")
    }
  }

  @Test func deliveriesAreListedAndSentAgain() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await webhooks(gateway, "deliveries", "ops", "--limit", "2")
      let rows = list.output.split(separator: "\n")
      #expect(list.code == 0 && rows.count == 3)
      #expect(rows[1].contains("job.failed  pending") && rows[1].contains("status_500"))
      #expect(rows[2].contains("delivered") && rows[2].contains("200"))
      #expect(list.error.contains("more: --cursor bmV4dA"))
      let id = ScriptedGateway.watched
      let replayed = await webhooks(gateway, "replay", "ops", id)
      #expect(replayed.code == 0 && replayed.output.contains(id))
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      #expect(
        paths == [
          "/api/v1/webhooks/ops/deliveries?limit=2",
          "/api/v1/webhooks/ops/deliveries/\(id)/replay",
        ])
    }
  }

  @Test func aWrongCommandLineSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["create"], ["create", "https://example.com", "--event", "job.queued"], ["edit", "ops"],
        ["edit", "ops", "--enable", "--disable"], ["deliveries", "ops", "--limit", "0"],
        ["show", ""], ["rotate", "ops", "--keep-old-for", "soon"], ["replay", "ops"],
      ] {
        let run = await CommandRun.of(["webhooks"] + arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }

  @Test func aJobNamesAWebhook() async throws {
    try await ScriptedGateway.run { gateway in
      _ = await CommandRun.of([
        "jobs", "enqueue", "agent:main", "a", "--webhook", "ops", "--url", gateway.url,
      ])
      let body = try await gateway.requests().first?["body"]?.text ?? ""
      let webhook = try JSONValue(json: Array(body.utf8))["webhook"]
      #expect(webhook == "ops")
    }
  }
}
