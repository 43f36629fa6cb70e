import Hummingbird
import Jobs

/// `/api/v1/redrives`: how the jobs stand that redrives have made, for whoever does one in waves.
///
/// Everybody has their own; who may operate has all.
struct RedriveRoutes: RouteGroup {
  private static let mostJobs = 100

  let parts: RouteParts

  var routes: [Route] {
    [Route(.get, "/api/v1/redrives", Self.document, .user { try await show($1, $2) })]
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let jobs = try jobs(context.query)
    let wait = try context.query.integer("wait", in: 0...60) ?? 0
    let user = principal.role.mayOperate ? nil : principal.user
    let (service, drain) = (parts.service, parts.drain)
    let limit = drain.isRaised ? Duration.zero : .seconds(wait)
    let interruption = Interruption(
      drain: drain, departure: parts.departures.signal(of: context.channel))
    let found = try await interruption.race(orElse: [RedrivenJob]?.none) {
      try await service.redriven(jobs, of: user, within: limit)
    }
    let items =
      if let found { found } else {
        try await service.redriven(jobs, of: user, within: .zero)
      }
    return .json([
      "items": .array(items.map { ["job": .string("\($0.id)"), "state": .string($0.state.name)] }),
      "pending": .integer(Int64(items.count { !$0.state.isFinal })),
    ])
  }

  private func jobs(_ query: Query) throws(Problem) -> [JobID] {
    let words = (query["jobs"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let jobs = words.compactMap { JobID(String($0)) }
    guard (1...Self.mostJobs).contains(words.count), jobs.count == words.count else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [
          .init(parameter: "jobs", "1 to \(Self.mostJobs) ids of jobs, separated by commas.")
        ])
    }
    return jobs
  }
}

extension RedriveRoutes {
  static let document = RouteDocument(
    id: "listRedrives", tag: .queues, summary: "Tell how jobs stand that redrives have made",
    detail:
      "To redrive in waves: ask for the steps with `dry_run`, redrive the first with `steps`, "
      + "wait here for the end of its `new_job`, then ten, then the rest. Jobs that no redrive has "
      + "made are left out; so are others' for those who may not operate.",
    parameters: [
      RouteParameter(
        place: .query, name: "jobs",
        schema: Schema.array(of: Schema.uuid, minimum: 1, maximum: mostJobs),
        detail: "The jobs, separated by commas.", isRequired: true),
      RouteParameter(
        place: .query, name: "wait", schema: Schema.integer(to: 60),
        detail: "Answer when all of them are over, or after so many seconds."),
    ],
    answers: [
      .json(
        200, "By their ids.",
        Schema.object([
          "items": Schema.array(
            of: Schema.object([
              "job": Schema.uuid, "state": Schema.word(of: JobState.allCases.map(\.name)),
            ]), maximum: mostJobs),
          "pending": Schema.integer("How many are not over."),
        ]))
    ],
    problems: [.invalidQueryParameter])
}
