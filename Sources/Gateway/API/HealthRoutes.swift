import Hummingbird
import Jobs

/// `/healthz`: the process answers. `/readyz`: it can do its work and will go on to.
struct HealthRoutes: RouteGroup {
  let service: any JobService
  let drain: OnceSignal

  var routes: [Route] {
    [
      Route(.get, "/healthz", Self.health, .anyone { _, _ in .json(["status": "ok"]) }),
      Route(.get, "/readyz", Self.readiness, .anyone { _, _ in try await ready() }),
    ]
  }

  private func ready() async throws -> Response {
    let components = await service.readiness()
    let json = JSONValue.array(
      components.map { component in
        [
          "name": .string(component.name), "ready": .bool(component.isReady),
          "detail": .string(component.detail),
        ]
      })
    let missing = components.filter { !$0.isReady }.map(\.name)
    guard !drain.isRaised, missing.isEmpty else {
      throw Problem(
        .notReady,
        drain.isRaised
          ? "This node is draining." : "Not ready: \(missing.joined(separator: ", ")).",
        headers: .retry(after: .seconds(1)),
        members: ["components": json, "draining": .bool(drain.isRaised)])
    }
    return .json(["status": "ready", "components": json])
  }
}
