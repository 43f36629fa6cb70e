import Foundation
import JobQueue
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct FeedTests {
  /// The text of the first turn, by what a reader was sent.
  private struct Reading {
    var sequences: [Int64] = []
    var types: [String] = []
    var bytes: [UInt8] = []
    var liveCount = 0
    var record: JobRecord?

    mutating func take(_ batch: [JobEvent]) {
      for event in batch {
        if let sequence = event.sequence { sequences.append(sequence) } else { liveCount += 1 }
        if event.sequence != nil { types.append(event.type.name) }
        if case .ended(let job) = event.content { record = job }
        guard case .delta(let delta) = event.content, let text = delta.text else { continue }
        #expect(delta.offset == bytes.count)
        bytes += text.utf8
      }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private static func open(
    _ bench: EngineBench, _ job: JobID, after: Int64 = 0
  ) async throws -> AsyncThrowingStream<[JobEvent], any Error> {
    guard
      case .open(let stream) = try await bench.feed.open(
        job, of: bench.principal.user, after: after)
    else {
      Issue.record("not open")
      return AsyncThrowingStream { nil }
    }
    return stream
  }

  private static func claim(_ bench: EngineBench) async throws -> ClaimedStep {
    try #require(try await bench.claimer().claim(.main, limit: 1).first)
  }

  @Test func aReaderGetsHistoryThenLiveTextThenTheEnd() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let stream = try await Self.open(bench, job)
      var iterator = stream.makeAsyncIterator()
      var reading = Reading()
      while reading.types.isEmpty { reading.take(try #require(try await iterator.next())) }
      #expect(reading.types == ["job.queued"])

      let step = try await Self.claim(bench)
      let shown = "Grüße "
      while !bench.watcher.registry.unbound.keys.isEmpty || !bench.replies.isReady {
        try await Task.sleep(for: .milliseconds(5))
      }
      bench.texts.show([TurnText(step: step, offset: 0, bytes: Array(shown.utf8))])
      while reading.bytes.isEmpty { reading.take(try #require(try await iterator.next())) }
      #expect(reading.liveCount == 1 && reading.text == shown)

      let answer = "Grüße aus dem Test."
      _ = try await bench.texts.store([
        TurnText(step: step, offset: 0, bytes: Array("Grüße aus".utf8))
      ])
      _ = try await bench.finisher.finish(
        step, .finished(["text": .string(answer)]), stored: "Grüße aus".utf8.count)
      while let batch = try await iterator.next() { reading.take(batch) }
      #expect(reading.text == answer)
      #expect(reading.sequences == Array(1...Int64(reading.sequences.count)))
      #expect(
        reading.types == [
          "job.queued", "job.delta", "job.started", "job.delta", "job.step", "job.succeeded",
        ])
      #expect(reading.record?.result?["text"]?.text == answer)
    }
  }

  @Test func whoeverComesBackAnywhereGetsTheRestByteForByte() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try await Self.claim(bench)
      let answer = (0..<40).map { "Satz \($0) mit Ümläuten. " }.joined()
      let bytes = Array(answer.utf8)
      let stored = Array(answer.prefix(200).utf8)
      _ = try await bench.texts.store([TurnText(step: step, offset: 0, bytes: stored)])
      _ = try await bench.finisher.finish(
        step, .finished(["text": .string(answer)]), stored: stored.count)
      let last = try #require(try await bench.job(.replayed(job))?.lastSequence)
      for after in 0..<last {
        var reading = Reading()
        let reached = try await bench.feed.reached(job, bench.principal.user, after)
        reading.bytes = Array(bytes.prefix(reached))
        for try await batch in try await Self.open(bench, job, after: after) {
          reading.take(batch)
        }
        #expect(reading.text == answer)
        #expect(reading.sequences == Array(after + 1...last))
      }
      guard
        case .exhausted = try await bench.feed.open(job, of: bench.principal.user, after: last)
      else {
        Issue.record("there is nothing more to send")
        return
      }
    }
  }

  @Test func textIsNotStoredUnderAClaimThatWasLost() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept()
      let step = try await Self.claim(bench)
      _ = try await bench.finisher.finish(step, .released)
      let text = TurnText(step: step, offset: 0, bytes: Array("late".utf8))
      #expect(try await bench.texts.store([text]).isEmpty)
      #expect(try await bench.count("events WHERE type = 9") == 0)
    }
  }

  @Test func aStartIsToldOnceAndBeforeTheStepEnds() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try await Self.claim(bench)
      try await bench.texts.noteStart(of: [step])
      try await bench.texts.noteStart(of: [step])
      #expect(try await bench.count("events WHERE type = 2") == 1)
      _ = try await bench.finisher.finish(step, .finished(["text": "done"]))
      var reading = Reading()
      for try await batch in try await Self.open(bench, job) { reading.take(batch) }
      #expect(
        reading.types == ["job.queued", "job.started", "job.delta", "job.step", "job.succeeded"])
    }
  }

  @Test func aLongTextComesInPagesThatFitAnyReader() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try await Self.claim(bench)
      let answer = String(repeating: "Grüße aus dem Test. ", count: 20_000)
      _ = try await bench.finisher.finish(step, .finished(["text": .string(answer)]))
      var reading = Reading()
      for try await batch in try await Self.open(bench, job) {
        let text = batch.reduce(0) { sum, event in
          if case .delta(let delta) = event.content { sum + delta.length } else { sum }
        }
        #expect(text <= EventStatements.pageBytes)
        reading.take(batch)
      }
      #expect(reading.text == answer && reading.types.last == "job.succeeded")
    }
  }

  @Test func aRunThatWasGivenUpIsToldOf() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try await Self.claim(bench)
      try await bench.texts.noteStart(of: [step])
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let events = try await EventReader(pool: bench.pool, content: bench.content)
        .events(of: job, after: 0)
      guard case .step(let change) = events.last?.content else {
        Issue.record("\(events)")
        return
      }
      #expect(change.state == .ready && change.attempt == 1)
    }
  }

  @Test func nobodyFollowsTheJobsOfOthers() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      #expect(try await bench.feed.open(job, of: UserID(), after: 0) == nil)
      #expect(try await bench.feed.open(JobID(), of: bench.principal.user, after: 0) == nil)
    }
  }

  @Test func aSlowReaderLosesPiecesOnTheWayButNoText() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let stream = try await Self.open(bench, job)
      let step = try await Self.claim(bench)
      let answer = String(repeating: "0123456789", count: Watch.capacity)
      let bytes = Array(answer.utf8)
      for offset in stride(from: 0, to: bytes.count, by: 2) {
        bench.texts.show([
          TurnText(step: step, offset: offset, bytes: Array(bytes[offset..<offset + 2]))
        ])
      }
      _ = try await bench.finisher.finish(step, .finished(["text": .string(answer)]))
      var reading = Reading()
      for try await batch in stream { reading.take(batch) }
      #expect(reading.text == answer)
    }
  }
}

extension JobFeed {
  /// How far the text goes that a reader has who has the events up to a seq.
  fileprivate func reached(_ job: JobID, _ user: UserID, _ sequence: Int64) async throws -> Int {
    try await events.open(job, of: user, after: sequence)?.reached.map(\.end).max() ?? 0
  }
}
