import Foundation
import JobQueue
import Jobs
import ServiceSupport

/// Whether the settings can be read, and mean what their writer thinks.
struct ConfigurationCheck {
  /// All settings of this version; a test holds the list equal to what is read.
  static let keys: Set<String> = [
    "data.root", "database.url", "database.url_file", "amqp.url", "amqp.url_file", "key.file",
    "topology", "log.level", "gateway.host", "gateway.port", "gateway.backlog",
    "gateway.drain_delay", "worker.pools",
    "worker.concurrency", "builtin.pace", "openai.api_key", "openai.api_key_file",
    "openai.base_url", "openai.model", "openai.organization", "openai.first_byte_timeout",
    "openai.idle_timeout", "retention.jobs", "retention.dead", "retention.audit",
    "webhooks.allow", "webhooks.plain_http",
  ]

  /// - Returns: The settings too, where they are usable.
  func examine() async -> (findings: [Finding], settings: Settings?) {
    var findings = [file()]
    do {
      let settings = try Settings(try await SettingsReader())
      findings.append(topology(settings))
      return (findings, settings)
    } catch {
      let isMissing = "\(error)".contains("is missing")
      findings.append(
        isMissing
          ? .warn("settings", "\(error)", mend: "openclaw up")
          : .fail("settings", "\(error)", mend: "see openclaw.yaml and the variables OPENCLAW_*"))
      return (findings, nil)
    }
  }

  private func file() -> Finding {
    let named = ProcessInfo.processInfo.environment["OPENCLAW_CONFIG"]
    let path = named ?? "openclaw.yaml"
    guard let data = FileManager.default.contents(atPath: path) else {
      return named == nil
        ? .ok("configuration", "no openclaw.yaml here; defaults and variables")
        : .fail("configuration", "\(path) cannot be read", mend: "see OPENCLAW_CONFIG")
    }
    let unknown = SettingPaths(yaml: String(decoding: data, as: UTF8.self)).paths
      .filter { !Self.keys.contains($0) }
    guard unknown.isEmpty else {
      return .fail(
        "configuration", "\(path): nothing reads \(unknown.joined(separator: ", "))",
        mend: "look for a slip; settings are \(Self.keys.sorted().joined(separator: ", "))")
    }
    return .ok("configuration", path)
  }

  private func topology(_ settings: Settings) -> Finding {
    guard let file = settings.topologyFile else {
      return .fail(
        "topology", "there is no queues/topology.yaml", mend: "set OPENCLAW_TOPOLOGY to its path")
    }
    do {
      let topology = try Topology(file: file)
      return .ok("topology", "\(topology.lanes.pools.count) pools in \(file)")
    } catch {
      return .fail("topology", "\(error)", mend: "mend \(file)")
    }
  }
}
