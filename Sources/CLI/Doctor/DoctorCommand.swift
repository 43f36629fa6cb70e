import ArgumentParser
import Foundation
import Jobs
import LocalServices
import ServiceSupport

/// `openclaw doctor`.
struct DoctorCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check this machine and what runs on it, and how to mend it.",
    discussion: """
      Changes nothing. Works when nothing runs, and when only a part of it does. Exits 1 when \
      something is broken; what may be so, such as a part that is not started, is a warning.
      """)

  @OptionGroup(title: "Gateway") var connection: ConnectionOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(on console: Console) async throws -> ExitStatus {
    let connection = connection
    return try await console.surroundings.interruptible {
      let findings = try await Self.examine(connection, console)
      let hasFailed = findings.contains { $0.state == .fail }
      let document: JSONValue = [
        "ok": .bool(!hasFailed), "checks": .array(findings.map(\.document)),
      ]
      try console.show(findings.map(\.document), of: document) {
        console.text(of: findings.flatMap(\.lines) + [Self.summary(findings)], isWhole: true)
      }
      return hasFailed ? .failed : .ok
    }
  }

  private static func examine(
    _ connection: ConnectionOptions, _ console: Console
  ) async throws -> [Finding] {
    var findings: [Finding] = []
    let paths = try paths(&findings)
    findings += MachineCheck(paths: paths).findings()
    findings += DataRootCheck(root: paths.dataRoot).findings()
    let configuration = await ConfigurationCheck().examine()
    findings += configuration.findings
    let isUp = RunRecord.read(from: DataRoot(existing: paths.dataRoot)) != nil
    findings += try await GatewayCheck(
      connection: connection, console: console, settings: configuration.settings, isUp: isUp
    ).findings()
    guard let settings = configuration.settings else { return findings }
    let environment = console.surroundings.environment
    let isNamed = { (names: [String]) in names.contains { environment[$0]?.isEmpty == false } }
    findings += try await DatabaseCheck(
      settings: settings, isExpected: isUp || isNamed(["DATABASE_URL", "OPENCLAW_DATABASE_URL"]),
      token: token(connection, console)
    ).findings()
    findings += try await BrokerCheck(
      settings: settings, isExpected: isUp || isNamed(["AMQP_URL", "OPENCLAW_AMQP_URL"])
    ).findings()
    findings += try await ModelCheck(settings: settings.model).findings()
    return findings
  }

  private static func token(_ connection: ConnectionOptions, _ console: Console) -> String? {
    // What is wrong with it is told by the gateway's check.
    (try? ConnectionSettings(connection, in: console.surroundings))?.token  // as said above
  }

  /// Where things are, also without the guard that everything but this command needs.
  private static func paths(_ findings: inout [Finding]) throws -> LocalPaths {
    do {
      return try LocalPaths.resolve()
    } catch {
      findings.append(.fail("programs", "\(error)", mend: "make build"))
      var environment = ProcessInfo.processInfo.environment
      // Any program will do: none is started.
      environment["OPENCLAW_GUARD"] = "/proc/self/exe"
      return try LocalPaths.resolve(environment: environment)
    }
  }

  private static func summary(_ findings: [Finding]) -> StyledLine {
    let failed = findings.count { $0.state == .fail }
    let warned = findings.count { $0.state == .warn }
    guard failed + warned > 0 else { return StyledLine("  all is well", .green) }
    return StyledLine("  \(failed) broken, \(warned) to know about", failed > 0 ? .red : .yellow)
  }
}
