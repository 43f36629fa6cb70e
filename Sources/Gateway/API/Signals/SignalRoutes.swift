import Hummingbird
import Jobs

/// `/api/v1/jobs/{id}/signals`: telling a job what it waits for.
struct SignalRoutes: RouteGroup {
  /// The largest body, in bytes.
  static let bodyLimit = 65_536

  let service: any JobService

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/jobs/{id}/signals", Self.listing, .user { try await list($1, $2) }),
      Route(
        .post, "/api/v1/jobs/{id}/signals/{name}", Self.sending, bodyLimit: Self.bodyLimit,
        .user { try await send($0, $1, $2) }),
    ]
  }

  private func list(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    guard
      let status = try await service.signals(of: try context.jobID(), user: principal.user)
    else { throw Problem.noSuchJob }
    return .json([
      "waits": .array(status.waits.map(\.json)), "kept": .array(status.kept.map(\.json)),
    ])
  }

  private func send(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let id = try context.jobID()
    guard let name = context.word("name").flatMap(SignalName.init) else {
      throw Problem(.malformedID, "A signal's name has \(SignalName.form)")
    }
    let members = try Problem.members(
      of: try await request.optionalJSON(limit: Self.bodyLimit), known: ["payload"])
    let outcome = try await service.signal(
      name, to: id, payload: members["payload"] ?? .null, by: principal)
    switch outcome {
    case nil: throw Problem.noSuchJob
    case .over(let state):
      throw Problem(
        .jobOver, state.isFinal ? "It is \(state.name)." : "It is about to end.")
    case .tooMany:
      throw Problem(
        .tooManySignals, "The job keeps 100 signals already that nothing has taken.")
    case .taken, .kept:
      return .json(
        [
          "job": .string(id.description), "signal": .string(name.description),
          "state": outcome == .taken ? "taken" : "kept",
        ], status: .accepted)
    }
  }
}

extension GatewayContext {
  /// A parameter of the path that is a word, decoded; clients may encode any of its characters.
  ///
  /// - Returns: `nil` when it cannot be decoded.
  func word(_ name: String) -> String? {
    parameters.get(name).flatMap { Query.decode($0[...].utf8) }
  }
}

extension SignalStatus.Wait {
  fileprivate var json: JSONValue {
    [
      "step": .string(step.description), "signal": .string(signal.description),
      "until": .time(until),
    ]
  }
}

extension SignalStatus.Kept {
  fileprivate var json: JSONValue {
    ["signal": .string(signal.description), "sent_at": .time(sentAt)]
  }
}
