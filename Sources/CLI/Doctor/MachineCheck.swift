import Foundation
import LocalServices

/// Whether this machine has what the system is made of: programs, disk space, descriptors.
struct MachineCheck {
  let paths: LocalPaths

  private static let rabbitmq = "/usr/lib/rabbitmq"

  func findings() -> [Finding] { [postgres(), broker(), disk(), descriptors()] }

  private func postgres() -> Finding {
    let names = Self.entries(of: paths.tools.path).filter { $0.hasPrefix("postgres-") }.sorted()
    guard let name = names.last else {
      return .fail("postgresql", "none in \(paths.tools.path)", mend: "make setup")
    }
    let version = name.dropFirst("postgres-".count)
    let programs = "\(paths.tools.path)/\(name)/bin"
    guard access("\(programs)/postgres", X_OK) == 0 else {
      return .fail(
        "postgresql", "\(version), but \(programs)/postgres cannot be run",
        mend: "make setup")
    }
    // bin is a link into the installation, whose share folder lies beside it.
    let installed = URL(filePath: programs).resolvingSymlinksInPath().deletingLastPathComponent()
    guard let vector = Self.vectorVersion(in: installed) else {
      return .fail("postgresql", "\(version) without pgvector", mend: "make setup")
    }
    return .ok("postgresql", "\(version) + pgvector \(vector) in \(paths.tools.path)")
  }

  private static func vectorVersion(in folder: URL) -> String? {
    for share in ["share/postgresql/extension", "share/extension"] {
      let file = folder.appending(path: "\(share)/vector.control").path
      guard let data = FileManager.default.contents(atPath: file) else { continue }
      let line = String(decoding: data, as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix("default_version") }
      return line?.split(separator: "'").dropFirst().first.map(String.init) ?? "?"
    }
    return nil
  }

  private func broker() -> Finding {
    guard access("\(Self.rabbitmq)/bin/rabbitmq-server", X_OK) == 0 else {
      return .fail("rabbitmq", "rabbitmq-server is not installed", mend: "make setup")
    }
    let version = Self.entries(of: "\(Self.rabbitmq)/lib").first {
      $0.hasPrefix("rabbitmq_server-")
    }
    return .ok("rabbitmq", version.map { String($0.dropFirst(16)) } ?? "installed")
  }

  /// RabbitMQ stops taking messages below 200 MB.
  private func disk() -> Finding {
    var folder = paths.dataRoot
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      folder.deleteLastPathComponent()
    }
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else {
      return .warn("disk", "the space of \(folder.path) is not known")
    }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    let detail = "\(free >> 20) MiB free in \(folder.path)"
    let mend = "make room, or set OPENCLAW_DATA_ROOT to a folder elsewhere"
    return switch free >> 20 {
    case ..<250: .fail("disk", detail, mend: mend)
    case ..<2048: .warn("disk", detail, mend: mend)
    default: .ok("disk", "\(free >> 30) GiB free in \(folder.path)")
    }
  }

  private func descriptors() -> Finding {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return .warn("descriptors", "the limit is not known")
    }
    let detail = "\(limit.rlim_cur) per process"
    return switch limit.rlim_cur {
    case ..<256: .fail("descriptors", detail, mend: "ulimit -n 65536")
    case ..<4096: .warn("descriptors", "\(detail); few for many clients", mend: "ulimit -n 65536")
    default: .ok("descriptors", detail)
    }
  }

  private static func entries(of folder: String) -> [String] {
    // A folder that cannot be listed holds nothing that could be used.
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // as said above
  }
}
