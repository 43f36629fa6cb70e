import GatewayAPI
import Jobs
import Testing

/// What a job's body may leave out, and what it is told when it is wrong.
@Suite struct JobSubmissionTests {
  @Test func aSkillThatNeedsNoInputGetsAnEmptyObject() async throws {
    try await withGateway { gateway in
      let job = try await gateway.post(#"{"target":"skill:system.clock"}"#)
      #expect((job.status, job.json["input"]) == (202, [:]))
    }
  }

  @Test func aBareNumberIsToldHowToWriteSeconds() async throws {
    try await withGateway { gateway in
      for members in [
        #""delay":60"#, #""deadline":60"#, #""timeouts":{"step":60}"#,
        #""unique_key":"k","unique_for":60"#, #""wait_for":{"signal":"s","timeout":60}"#,
      ] {
        let answer = try await gateway.post(#"{"target":"agent:main","input":"x",\#(members)}"#)
        #expect((answer.status, answer.problem) == (422, "invalid-body"), "\(members)")
        let detail = answer.json["errors"]?.elements?.first?["detail"]?.text ?? ""
        #expect(detail.contains(#"write "60s""#), "\(detail)")
      }
    }
  }

  @Test func aBatchThatIsNotThereIsAFieldAtFault() async throws {
    try await withGateway { gateway in
      let batch = InMemoryJobService.unknownBatch
      let answer = try await gateway.post(
        #"{"target":"agent:main","input":"x","batch_id":"\#(batch)"}"#)
      #expect((answer.status, answer.problem) == (422, "invalid-body"))
      #expect(answer.json["errors"]?.elements?.first?["pointer"] == "/batch_id")
    }
  }

  @Test func theNumberOfAttemptsIsShownAndPartOfWhatAKeyStandsFor() async throws {
    try await withGateway { gateway in
      let body = #"{"target":"agent:main","input":"x","max_attempts":1}"#
      let key = [("Idempotency-Key", "k")]
      let first = try await gateway.post(body, headers: key)
      #expect((first.status, first.json["max_attempts"]) == (202, 1))
      let again = try await gateway.post(body, headers: key)
      #expect(again["idempotency-replayed"] == "true")
      let other = try await gateway.post(
        #"{"target":"agent:main","input":"x","max_attempts":2}"#, headers: key)
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
    }
  }

  @Test func theDelayOfAnEditIsDescribedAsItIsTaken() async throws {
    try await withGateway { gateway in
      let document = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json
      let edit = document["paths"]?["/api/v1/jobs/{id}"]?["patch"]?["requestBody"]?["content"]
      let schema = edit?["application/json"]?["schema"]?["properties"]?["delay"]
      let pattern = try Regex(try #require(schema?["pattern"]?.text))
      for text in ["0s", "2d", "1h30m", "500ms"] {
        #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
      }
    }
  }
}
