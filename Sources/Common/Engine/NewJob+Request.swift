import Jobs
import Storage

extension NewJob {
  /// A job that somebody asks for, to be stored now: with new ids, and its input sealed.
  ///
  /// - Parameter requestHash: What tells two requests with one idempotency key apart; empty without
  ///   a key.
  init(
    _ request: JobRequest, by principal: Principal, requestHash: [UInt8] = [],
    retryOf original: JobID? = nil, content: SealedContent
  ) throws {
    let id = JobID()
    self.init(
      id: id, step: StepID(), principal: principal, request: request, requestHash: requestHash,
      replyKey: RandomBytes.sixteen(),
      input: try content.seal(request.input, .jobInput, row: id.uuid), retryOf: original)
  }
}
