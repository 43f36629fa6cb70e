import Foundation
import HTTP
import Jobs
import LocalServices
import ServiceSupport

/// Whether a gateway answers, takes our token, and sees workers for each pool.
struct GatewayCheck {
  let connection: ConnectionOptions
  let console: Console
  let settings: Settings?
  /// Whether `openclaw up` runs here.
  let isUp: Bool

  func findings() async throws -> [Finding] {
    let connection: ConnectionSettings
    do {
      connection = try ConnectionSettings(self.connection, in: console.surroundings)
    } catch let error as CommandError {
      return [.fail("token", error.message, mend: error.hint ?? "openclaw up writes one")]
    }
    let answer = await status("\(connection.url)/healthz")
    guard answer != nil else { return [port(), silent(connection.url)] }
    var findings: [Finding] = []
    let ready = await status("\(connection.url)/readyz")
    findings.append(
      ready == 200
        ? .ok("gateway", "\(connection.url) is alive and ready")
        : .fail(
          "gateway", "\(connection.url) is alive but not ready",
          mend: "curl \(connection.url)/readyz tells what it lacks"))
    var client = GatewayClient(connection, pause: console.surroundings.pause)
    client.isPatient = false
    findings.append(await token(client, connection))
    findings += await pools(client)
    return findings
  }

  private func silent(_ url: String) -> Finding {
    isUp
      ? .fail("gateway", "\(url) does not answer", mend: "openclaw status; then its log")
      : .warn("gateway", "nothing answers at \(url)", mend: "openclaw up")
  }

  private func port() -> Finding {
    let port = UInt16(settings?.gatewayPort ?? 18789)
    if ServicePorts.isFree(port) { return .ok("port", "\(port) is free") }
    let owner = PortOwner.of(port)
    let who = owner.map { "\($0.name) (pid \($0.pid))" } ?? "a process of another user"
    guard owner?.name.hasPrefix("openclaw") != true else {
      return .ok("port", "\(port) is \(who)'s")
    }
    return .warn(
      "port", "\(port) is taken by \(who)", mend: "openclaw up takes the next free one and says so")
  }

  private func token(_ client: GatewayClient, _ settings: ConnectionSettings) async -> Finding {
    guard settings.token != nil else {
      return .warn("token", "there is none", mend: "--token-file, OPENCLAW_TOKEN_FILE or a profile")
    }
    do {
      _ = try await client.jobs([("limit", "1")])
      return .ok("token", "the gateway takes it")
    } catch let error as CommandError where error.status == .authentication {
      return .fail("token", error.message, mend: "openclaw tokens create USER, or openclaw up")
    } catch {
      return .fail("token", "it could not be tried: \(message(of: error))", mend: "see gateway")
    }
  }

  private func pools(_ client: GatewayClient) async -> [Finding] {
    do {
      let pools = try (try await client.pools()["items"]?.elements ?? [])
        .map { try PoolView($0) }
      let empty = pools.filter { $0.workers == 0 }.map(\.name)
      guard empty.isEmpty else {
        return [
          .warn(
            "workers", "none for \(empty.joined(separator: ", ")): its steps wait",
            mend: "openclaw-worker --pool \(empty[0]), or openclaw up")
        ]
      }
      return [.ok("workers", "\(pools.count) pools, all served")]
    } catch let error as CommandError where error.status == .authentication {
      return []  // told as the token's
    } catch {
      return [.warn("workers", "the pools could not be read: \(message(of: error))")]
    }
  }

  private func message(of error: any Error) -> String {
    (error as? CommandError)?.message ?? "\(error)"
  }

  private func status(_ url: String) async -> Int? {
    // No answer is an answer here.
    (try? await HTTPClient().send(HTTPRequest(url: url, timeout: .seconds(3))))?.status  // as above
  }
}
