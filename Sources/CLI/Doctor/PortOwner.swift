import Foundation

/// The process that listens on a TCP port of this machine, as far as this user may see it.
struct PortOwner: Equatable {
  let pid: Int32
  /// As in `/proc/<pid>/comm`.
  let name: String

  /// - Returns: `nil` when nobody listens there, or it is another user's process.
  static func of(_ port: UInt16) -> PortOwner? {
    let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { table in
      contents(table).flatMap { socket(listeningOn: port, in: $0) }
    }
    let wanted = Set(sockets.map { "socket:[\($0)]" })
    guard !wanted.isEmpty else { return nil }
    for pid in entries("/proc").compactMap({ Int32($0) }) {
      let folder = "/proc/\(pid)/fd"
      let isOwner = entries(folder).contains { descriptor in
        // A descriptor that was closed meanwhile is none that listens.
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "\(folder)/\(descriptor)")  // as said above
        return target.map(wanted.contains) ?? false
      }
      guard isOwner else { continue }
      let name = contents("/proc/\(pid)/comm") ?? ""
      return PortOwner(pid: pid, name: name.trimmingCharacters(in: .newlines))
    }
    return nil
  }

  /// The inode of the socket that listens on the port, from a table in the form of
  /// `/proc/net/tcp`.
  static func socket(listeningOn port: UInt16, in table: String) -> String? {
    for line in table.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ")
      // sl, local address, remote address, state (0A listens), …, inode
      guard fields.count > 9, fields[3] == "0A",
        let local = fields[1].split(separator: ":").last, UInt16(local, radix: 16) == port
      else { continue }
      return String(fields[9])
    }
    return nil
  }

  /// Foundation reads no more than a page of what the kernel makes up.
  private static func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // A process that ends meanwhile has no name any more.
    let bytes = try? readAll(from: descriptor, limit: 16 << 20)  // as said above
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func entries(_ folder: String) -> [String] {
    // Another user's process shows nothing.
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // as said above
  }
}
