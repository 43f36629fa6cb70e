import JobQueue
import Logging
import ServiceSupport

/// Whether the broker answers, takes our credentials, and has the lanes of the topology. AMQP does
/// not tell of memory and disk alarms.
struct BrokerCheck {
  let settings: Settings
  /// Whether it should be running.
  let isExpected: Bool

  private static let longestWait = Duration.seconds(8)

  func findings() async throws -> [Finding] {
    let found = FindingBox()
    let inspector: LaneInspector
    do {
      let foundations = try Foundations(
        settings: settings, name: "doctor", connections: 1,
        logger: Logger(label: "openclaw") { _ in SwiftLogNoOpLogHandler() })
      inspector = LaneInspector(
        configuration: foundations.amqp("doctor"), topology: foundations.topology)
    } catch {
      return [.warn("broker", "not tried: \(error)")]
    }
    do {
      let isDone = try await Deadline.run(until: .now + Self.longestWait) {
        let depths = try await inspector.depths()
        let messages = depths.values.reduce(0) { $0 + $1.messages }
        await found.add(
          .ok("broker", "answers; \(depths.count) lanes, \(messages) messages wait"))
      }
      if !isDone { await found.add(failure("it took too long to answer")) }
    } catch {
      let reason = "\(error)"
      // It answered, and the credentials were good.
      await found.add(reason.hasPrefix("notFound") ? Self.bare : failure(reason))
    }
    return await found.findings
  }

  private static let bare = Finding.warn(
    "broker", "answers; it does not have the lanes yet",
    mend: "openclaw up: gateways and workers declare them")

  private func failure(_ reason: String) -> Finding {
    Finding(
      name: "broker", state: isExpected ? .fail : .warn, detail: reason,
      mend: "openclaw up, or mend AMQP_URL")
  }
}
