import Foundation

/// The TCP ports of one stack, all on 127.0.0.1.
public struct ServicePorts: Codable, Hashable, Sendable {
  /// PostgreSQL.
  public var postgres: UInt16
  /// RabbitMQ's AMQP listener.
  public var amqp: UInt16
  /// RabbitMQ's Erlang distribution, which its command-line tools use.
  public var distribution: UInt16
  /// The port mapper of that distribution.
  public var epmd: UInt16

  /// Ports chosen by hand; they need to be distinct.
  public init(postgres: UInt16, amqp: UInt16, distribution: UInt16, epmd: UInt16) {
    self.postgres = postgres
    self.amqp = amqp
    self.distribution = distribution
    self.epmd = epmd
  }

  /// 18432, 18672, 18673 and 18674: near the gateway's 18789, far from the servers' usual ports and
  /// below the range that the kernel hands out to clients.
  public static let usual = ServicePorts(
    postgres: 18432, amqp: 18672, distribution: 18673, epmd: 18674)

  /// Ports for a throwaway stack, spread by `seed` over 20000 to 29999, so that several that start at
  /// the same moment rarely look at the same ones.
  static func throwaway(seed: Int32) -> ServicePorts {
    let base = 20000 + UInt16(seed.magnitude % 2500) * 4
    return ServicePorts(
      postgres: base, amqp: base + 1, distribution: base + 2, epmd: base + 3)
  }

  /// Keeps each preferred port that is free and replaces the others by the next free ones above.
  ///
  /// - Parameters:
  ///   - preferred: the ports of the last start, or `usual`.
  ///   - isFree: asked once per port that is looked at.
  /// - Throws: `LocalServiceError` with `noPort` after 1,000 taken ones in a row.
  static func choose(preferred: ServicePorts, isFree: (UInt16) -> Bool) throws -> ServicePorts {
    var taken: Set<UInt16> = []
    func next(_ first: UInt16) throws -> UInt16 {
      let last = UInt16(clamping: Int(first) + 1000)
      guard let port = (first...last).first(where: { !taken.contains($0) && isFree($0) }) else {
        throw LocalServiceError(.noPort, "no free port on 127.0.0.1 from \(first) to \(last)")
      }
      taken.insert(port)
      return port
    }
    return ServicePorts(
      postgres: try next(preferred.postgres), amqp: try next(preferred.amqp),
      distribution: try next(preferred.distribution), epmd: try next(preferred.epmd))
  }

  /// Chooses the ports of a start and remembers them in the data root, so that URLs stay the same.
  ///
  /// - Throws: `LocalServiceError` with `noPort` or `dataRoot`.
  static func choose(in root: DataRoot, fallback: ServicePorts) throws -> ServicePorts {
    let ports = try choose(preferred: remembered(in: root) ?? fallback) { isFree($0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text: String
    do { text = String(decoding: try encoder.encode(ports), as: UTF8.self) } catch {
      throw LocalServiceError(.dataRoot, "cannot write ports.json: \(error)")
    }
    try SecretFile.write(text + "\n", to: file(in: root), mode: 0o600)
    return ports
  }

  /// The ports of the last start; nil when there was none or its file is damaged.
  public static func remembered(in root: DataRoot) -> ServicePorts? {
    // A missing or damaged file only means that ports are chosen anew.
    guard let data = try? Data(contentsOf: file(in: root)) else { return nil }
    return try? JSONDecoder().decode(ServicePorts.self, from: data)  // same
  }

  private static func file(in root: DataRoot) -> URL { root.run.appending(path: "ports.json") }

  /// Whether a server could listen on 127.0.0.1 at this port now.
  public static func isFree(_ port: UInt16) -> Bool {
    let descriptor = Loopback.socket()
    defer { close(descriptor) }
    var yes: Int32 = 1
    // As the servers do: a port in TIME_WAIT counts as free.
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    return Loopback.withAddress(port) { bind(descriptor, $0, $1) == 0 }
      && listen(descriptor, 1) == 0
  }
}
