import Testing

@testable import HTTP

struct ResponseFlowTests {
  private let head = ResponseHead(status: 200, headers: [:])
  private let lost = HTTPError(.connectionLost, "lost")
  private let cancelled = HTTPError(.cancelled, "cancelled")

  private func append(_ count: Int, to flow: inout ResponseFlow) {
    Array(repeating: UInt8(1), count: count).withUnsafeBytes { flow.append($0) }
  }

  /// `3 bytes`, `end`, an error's code, or `wait`.
  private func read(_ flow: inout ResponseFlow) -> String {
    switch flow.readBytes() {
    case .success(let bytes?)?: "\(bytes.count) bytes"
    case .success(nil)?: "end"
    case .failure(let error)?: error.code.name
    case nil: "wait"
    }
  }

  @Test func theHeadComesFirstAlsoWhenTheRestIsLost() throws {
    var flow = ResponseFlow()
    #expect(flow.readHead() == nil)
    flow.begin(head)
    flow.finish(.failure(lost))
    #expect(try flow.readHead()?.get() == head)
    #expect(read(&flow) == "connection_lost")
  }

  @Test func piecesThatWaitAreReadAsOneAndBeforeAFailure() {
    var flow = ResponseFlow()
    #expect(read(&flow) == "wait")
    append(1, to: &flow)
    append(2, to: &flow)
    flow.finish(.failure(lost))
    #expect(read(&flow) == "3 bytes")
    #expect(read(&flow) == "connection_lost")
    #expect(read(&flow) == "connection_lost")
  }

  @Test func aFullFlowPausesAndGoesOnOnceItIsRead() {
    var flow = ResponseFlow()
    append(ResponseFlow.highWater - 1, to: &flow)
    var hasRoom = flow.makesRoom()
    #expect(hasRoom)
    append(1, to: &flow)
    hasRoom = flow.makesRoom()
    #expect(!hasRoom)
    var resumptions = [flow.takeResumption()]
    #expect(read(&flow) == "\(ResponseFlow.highWater) bytes")
    resumptions += [flow.takeResumption(), flow.takeResumption()]
    #expect(resumptions == [false, true, false])
    hasRoom = flow.makesRoom()
    #expect(hasRoom)
  }

  @Test func whatIsOverDoesNotGoOn() {
    var flow = ResponseFlow()
    append(ResponseFlow.highWater, to: &flow)
    _ = flow.makesRoom()
    flow.finish(.failure(lost))
    _ = read(&flow)
    let resumes = flow.takeResumption()
    #expect(!resumes)
  }

  @Test func onlyTheFirstEndCounts() {
    var flow = ResponseFlow()
    flow.finish(.success(()))
    flow.finish(.failure(lost))
    #expect(read(&flow) == "end")
  }

  @Test func givingUpEndsTheTransferOnceAndWaitsForItsWord() {
    var flow = ResponseFlow()
    flow.begin(head)
    append(5, to: &flow)
    let ends = [flow.abandon(cancelled), flow.abandon(cancelled)]
    #expect(ends == [true, false])
    append(5, to: &flow)
    #expect(flow.readHead() == nil && read(&flow) == "wait")
    flow.finish(.failure(lost))
    #expect(read(&flow) == "connection_lost")
  }

  @Test func givingUpAWholeAnswerEndsNothing() {
    var flow = ResponseFlow()
    flow.begin(head)
    append(5, to: &flow)
    flow.finish(.success(()))
    let ends = flow.abandon(cancelled)
    #expect(!ends)
    #expect(throws: HTTPError.self) { try flow.readHead()?.get() }
    #expect(read(&flow) == "cancelled")
  }

  @Test func anAnswerThatIsWholeAsItsReaderGoesIsNoAnswerAndNoWaitWithoutEnd() {
    var flow = ResponseFlow()
    flow.begin(head)
    append(5, to: &flow)
    let ends = flow.abandon(cancelled)
    #expect(ends)
    flow.finish(.success(()))
    #expect(throws: HTTPError.self) { try flow.readHead()?.get() }
    #expect(read(&flow) == "cancelled")
  }
}
