import Foundation
import Security

/// Whether the data root is there, is ours, and keeps its secrets.
struct DataRootCheck {
  let root: URL

  func findings() -> [Finding] {
    var status = stat()
    guard stat(root.path, &status) == 0 else {
      return [
        .warn("data root", "\(root.path) does not exist yet", mend: "openclaw up makes it")
      ]
    }
    return [folder(status), masterKey(), secrets()] + token()
  }

  private func folder(_ status: stat) -> Finding {
    let mode = String(status.st_mode & 0o777, radix: 8)
    guard status.st_uid == geteuid() else {
      return .fail(
        "data root", "\(root.path) belongs to user \(status.st_uid), this is \(geteuid())",
        mend: "run as its owner, or set OPENCLAW_DATA_ROOT")
    }
    guard access(root.path, R_OK | W_OK | X_OK) == 0 else {
      return .fail("data root", "\(root.path) cannot be written", mend: "chmod u+rwx \(root.path)")
    }
    // Root's servers run as other users, who have to pass through.
    let allowed: mode_t = geteuid() == 0 ? 0o711 : 0o700
    guard status.st_mode & 0o777 & ~allowed == 0 else {
      return .warn(
        "data root", "\(root.path) is open to others (mode 0\(mode))",
        mend: "chmod \(String(allowed, radix: 8)) \(root.path)")
    }
    return .ok("data root", root.path)
  }

  private func masterKey() -> Finding {
    let file = root.appending(path: "keys/master.key").path
    guard FileManager.default.fileExists(atPath: file) else {
      return .warn("master key", "there is none yet", mend: "openclaw up makes it")
    }
    do throws(KeyFileError) {
      let keys = try KeyFile.read(file)
      return .ok("master key", keys.count == 1 ? "one key" : "\(keys.count) keys")
    } catch {
      return .fail("master key", "\(error)", mend: "chmod 600 \(file), or restore it from a backup")
    }
  }

  private func secrets() -> Finding {
    let folder = root.appending(path: "keys").path
    // A folder that cannot be listed is told as an empty one.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // as above
    let open = names.filter { name in
      var status = stat()
      return stat("\(folder)/\(name)", &status) == 0
        && (status.st_mode & 0o077 != 0 || status.st_uid != geteuid())
    }
    guard open.isEmpty else {
      return .fail(
        "secrets", "others may use \(open.sorted().joined(separator: ", ")) in \(folder)",
        mend: "chmod 600 \(folder)/*, and make new ones of what leaked")
    }
    return names.isEmpty
      ? .warn("secrets", "there are none in \(folder)") : .ok("secrets", "\(names.count) files")
  }

  private func token() -> [Finding] {
    let file = root.appending(path: "operator.token").path
    do {
      guard try TokenFile.read(file) != nil else { return [] }
      return []
    } catch let error as CommandError {
      return [
        .fail("token file", error.message, mend: error.hint ?? "openclaw up writes a new one")
      ]
    } catch {
      return [.fail("token file", "\(error)", mend: "openclaw up writes a new one")]
    }
  }
}
