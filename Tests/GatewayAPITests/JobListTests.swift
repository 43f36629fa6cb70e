import Foundation
import GatewayAPI
import Jobs
import Synchronization
import Testing

/// What a listing can be asked for, and how long lists are cut.
@Suite struct JobListTests {
  @Test func filtersAreCombinedAndBindTheCursor() async throws {
    try await withGateway { gateway in
      for _ in 0..<3 { _ = try await gateway.post(JobRoutesTests.job) }
      let old = JobID()
      let filters = [
        "session_id=s%3A1", "unique_key=a%26b%20c", "priority=normal", "retry_of=\(old)",
        "created_after=2026-11-22T15%3A22%3A09%2B02%3A00", "created_before=2026-11-23T00:00:00Z",
      ]
      let page = try await gateway.send(
        "GET", "/api/v1/jobs?limit=2&" + filters.joined(separator: "&"))
      #expect(page.status == 200)
      let asked = gateway.service.state.withLock { $0.filter }
      let filter = try #require(asked)
      #expect(filter.session == SessionName("s:1") && filter.uniqueKey == "a&b c")
      #expect(filter.priority == .normal && filter.retryOf == old)
      #expect(filter.createdAfter == date(ofTimestamp: "2026-11-22T13:22:09Z"))
      #expect(filter.createdBefore == date(ofTimestamp: "2026-11-23T00:00:00Z"))
      #expect(!filter.includesInternal)
      // The link of the next page asks for the same.
      let link = try #require(page["link"])
      let next = try await gateway.send("GET", String(link.dropFirst().prefix { $0 != ">" }))
      #expect(next.status == 200 && next.json["items"]?.elements?.count == 1)
      let again = gateway.service.state.withLock { $0.filter }
      var second = try #require(again)
      second.before = nil
      #expect(second == filter)
      let cursor = try #require(page.json["next_cursor"]?.text)
      for dropped in filters {
        let rest = filters.filter { $0 != dropped }.joined(separator: "&")
        let other = try await gateway.send("GET", "/api/v1/jobs?limit=2&\(rest)&cursor=\(cursor)")
        #expect((other.status, other.problem) == (400, "invalid-cursor"), "\(dropped)")
      }
    }
  }

  @Test func aBadValueNamesItsParameter() async throws {
    try await withGateway { gateway in
      for (name, value) in [
        ("session_id", "a%20b"), ("unique_key", ""), ("unique_key", "%C3%A9"), ("priority", "asap"),
        ("retry_of", "1"), ("created_after", "yesterday"), ("created_before", "2026-11-23"),
        ("created_after", "2026-11-22T15:22:09+02:00"), ("deliveries", "yes"),
      ] {
        let answer = try await gateway.send("GET", "/api/v1/jobs?\(name)=\(value)")
        #expect((answer.status, answer.problem) == (400, "invalid-query-parameter"), "\(name)")
        let fault = answer.json["errors"]?.elements?.first
        #expect(fault?["parameter"]?.text == name)
      }
    }
  }

  @Test func deliveriesAreAskedFor() async throws {
    try await withGateway { gateway async throws in
      for (query, isAsked) in [
        ("", false), ("?deliveries=false", false), ("?deliveries=true", true),
      ] {
        #expect(try await gateway.send("GET", "/api/v1/jobs\(query)").status == 200)
        let asked = gateway.service.state.withLock { $0.filter }
        #expect(asked?.includesInternal == isAsked)
      }
    }
  }

  @Test func stepsComeInPagesOfTwoHundred() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      gateway.service.state.withLock { $0.stepCount = 450 }
      var target = "/api/v1/jobs/\(id)/steps"
      var pages: [[Int64?]] = []
      while true {
        let page = try await gateway.send("GET", target)
        pages.append(page.json["items"]?.elements?.map { $0["index"]?.int } ?? [])
        guard let link = page["link"] else {
          #expect(page.json["next_cursor"] == .null)
          break
        }
        target = String(link.dropFirst().prefix { $0 != ">" })
      }
      #expect(pages.map(\.count) == [200, 200, 50])
      #expect(pages.joined().elementsEqual((0..<450).map { Int64($0) }))
      // A cursor is of one job's steps.
      let other = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let foreign = try await gateway.send("GET", target.replacing(id, with: other))
      #expect((foreign.status, foreign.problem) == (400, "invalid-cursor"))
    }
  }

  @Test(arguments: [false, true])
  func whatIsCutSaysSo(_ isTruncated: Bool) async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      gateway.service.state.withLock { $0.isTruncated = isTruncated }
      for part in ["tree", "why"] {
        let answer = try await gateway.send("GET", "/api/v1/jobs/\(id)/\(part)")
        #expect(answer.json["truncated"] == .bool(isTruncated), "\(part)")
      }
    }
  }
}
