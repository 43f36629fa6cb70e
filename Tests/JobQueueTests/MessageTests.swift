import AMQP
import Foundation
import Jobs
import Testing

@testable import JobQueue

@Suite struct MessageTests {
  private let job = JobID("0199a3c2-4b7e-7c55-9d0e-3f6a1b2c4d5e") ?? JobID()
  private let step = StepID("0199a3c2-4b7e-7c56-8a1b-0c2d4e6f8a9b") ?? StepID()
  private let lane = Lane(pool: Target.agent("main").pool, priority: .normal)

  @Test func aTicketIsItsGoldenExample() throws {
    let message = Ticket(step: step, job: job, lane: lane).message(source: "gateway")
    #expect(try message.body == example("request"))
    #expect(Ticket(message, lane: lane) == Ticket(step: step, job: job, lane: lane))
    #expect(message.isPersistent && message.type == "request" && message.messageID != nil)
  }

  @Test func aReplyIsItsGoldenExample() throws {
    let reply = Reply(
      job: job, key: [1, 254], content: .progress(sequence: 9, isFinal: true))
    let message = reply.message(source: "worker")
    #expect(try message.body == example("event"))
    #expect(Reply(message) == reply)
  }

  @Test func aReplyWithTextIsItsGoldenExample() throws {
    let sealed: [UInt8] = [1, 0, 0, 0, 1, 0] + Array(1...32)
    let reply = Reply(
      job: job, key: [1, 254],
      content: .text(Reply.Text(step: step, run: 1, offset: 12, sealed: sealed)))
    let message = reply.message(source: "worker")
    #expect(try message.body == example("event.delta"))
    #expect(Reply(message) == reply)
  }

  @Test func theLongestTextStaysBelowFourKiB() {
    let sealed = [UInt8](repeating: 255, count: Reply.Text.maximumBytes + 64)
    let reply = Reply(
      job: job, key: [UInt8](repeating: 255, count: 16),
      content: .text(Reply.Text(step: step, run: 99_999, offset: 1 << 30, sealed: sealed)))
    #expect(reply.message(source: "worker").body.count <= 4096)
    #expect(Reply(reply.message(source: "worker")) == reply)
  }

  @Test func whatIsNoTicketIsAValueAndNoCrash() {
    for body in ["", "{}", "[]", #"{"job":"x","step":"y"}"#, "{\"job\":"] {
      var message = Ticket(step: step, job: job, lane: lane).message(source: "x")
      message.body = [UInt8](body.utf8)
      #expect(Ticket(message, lane: lane) == nil)
      #expect(Reply(message) == nil)
    }
  }

  @Test func examplesFitTheSchemas() throws {
    for (example, schema) in [
      ("request", "request"), ("event", "event"), ("event.delta", "event.delta"),
    ] {
      let schema = try JSONValue(json: file("\(schema).schema.json"))
      let properties = schema["properties"]
      let value = try JSONValue(json: self.example(example))
      guard case .object(let members) = value else {
        Issue.record("no object")
        return
      }
      #expect(schema["required"]?.elements?.compactMap(\.text) == members.keys.sorted())
      for key in members.keys { #expect(properties?[key] != nil) }
    }
  }

  private func example(_ name: String) throws -> [UInt8] { try file("examples/\(name).json") }

  private func file(_ name: String) throws -> [UInt8] {
    let queues = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "queues")
    return [UInt8](try Data(contentsOf: queues.appending(path: name)))
  }
}
