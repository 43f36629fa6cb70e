import Jobs

/// The schemas that several routes share, by name.
enum ComponentSchemas {
  static let all: [String: JSONValue] = [
    "Job": job, "JobSummary": jobSummary, "Failure": failure, "Step": step,
    "JobRequest": jobRequest(isInBatch: false), "BatchItem": jobRequest(isInBatch: true),
    "BatchAnswer": batchAnswer, "JobEvent": jobEvent, "Lane": lane, "PoolQueue": poolQueue,
    "Reconciler": reconciler,
    "Worker": worker,
    "Pool": pool, "Problem": problem, "ItemProblem": itemProblem, "BatchNotFull": batchNotFull,
    "Component": component,
  ]

  static let failure = Schema.object([
    "class": Schema.word(
      "What kind of failure it is.", of: StepFailure.Class.allCases.map(\.rawValue)),
    "code": Schema.string("A short reason for programs, such as `file_not_found`."),
    "message": Schema.string("For people."),
  ])

  static let component = Schema.object([
    "name": Schema.string("Such as `database`, `broker`, `migrations`."),
    "ready": Schema.bool("Whether this node can work with it."),
    "detail": Schema.string("A sentence for an operator."),
  ])

  private static let problemMembers: [String: JSONValue] = [
    "type": Schema.string("Resolves to an explanation.", format: "uri-reference"),
    "title": Schema.string("The same for every occurrence."),
    "status": Schema.integer("The HTTP status.", from: 400, to: 599),
    "detail": Schema.string("About this occurrence."),
    "code": Schema.word(
      "The last word of `type`, with underscores.",
      of: Set(ProblemKind.allCases.map(\.code)).sorted()),
    "errors": Schema.array(of: fault, "Places in the request, and what is wrong there."),
    "retry_after": Schema.integer("Seconds to wait before the item is sent again.", from: 1),
    "reason": Schema.string("Why the body is no JSON; see the explanation of the type."),
    "offset": Schema.integer("At which byte the body is no JSON."),
    "known": Schema.array(of: Schema.target, "The targets that the user may name."),
  ]

  private static let optionalMembers: Set<String> = [
    "errors", "retry_after", "reason", "offset", "known", "instance", "components", "draining",
  ]

  private static let answerMembers = problemMembers.merging([
    "request_id": Schema.string("Ties the answer to the logs.", minimum: 1, maximum: 128),
    "instance": Schema.string("The path of the request."),
    "components": Schema.array(of: Schema.ref("Component"), "What `/readyz` looked at."),
    "draining": Schema.bool("Whether this node is about to end."),
  ]) { $1 }

  /// RFC 9457, as every answer from 400 on carries it.
  static let problem = Schema.object(answerMembers, optional: optionalMembers)

  /// The problem of a batch that is open, as some of its jobs were refused only for now.
  static let batchNotFull = Schema.object(
    answerMembers.merging([
      "batch_id": Schema.uuid,
      "accepted": Schema.integer("Jobs that are in the batch now."),
      "refused_for_now": Schema.integer("Those that may be sent again.", from: 1),
    ]) { $1 }, optional: optionalMembers,
    "The batch is open and not full: what was refused only for now may be sent again.")

  /// A problem of one item of a batch.
  static let itemProblem = Schema.object(problemMembers, optional: optionalMembers)

  private static let fault: JSONValue = Schema.object(
    [
      "detail": Schema.string("What is expected there."),
      "pointer": Schema.string("A JSON pointer into the body.", format: "json-pointer"),
      "parameter": Schema.string("A query parameter."),
      "header": Schema.string("A header."),
    ], optional: ["pointer", "parameter", "header"])
}
