import Glibc

/// What Linux says about this process.
public enum ProcessMetrics {
  /// Reads `/proc` and sets the `process_` metrics. What cannot be read is left out.
  public static func read(into snapshot: inout MetricSnapshot) {
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    if let stat = text(of: "/proc/self/stat").flatMap(ProcessStat.init) {
      snapshot.set(.processCPU, to: stat.cpuTicks / ticks)
      snapshot.set(.processThreads, to: stat.threads)
      snapshot.set(.processVirtualMemory, to: stat.virtualBytes)
      snapshot.set(.processResidentMemory, to: stat.residentPages * Double(getpagesize()))
      if let boot = text(of: "/proc/stat").flatMap(ProcessStat.bootTime) {
        snapshot.set(.processStartTime, to: boot + stat.startTicks / ticks)
      }
    }
    if let open = openFiles() { snapshot.set(.processOpenFiles, to: Double(open)) }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    {
      snapshot.set(.processMaxFiles, to: Double(limit.rlim_cur))
    }
  }

  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece[..<count]
    }
  }

  private static func openFiles() -> Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    // One of them reads this list.
    return count - 1
  }
}

/// The fields of `/proc/<pid>/stat` (proc_pid_stat(5)) that metrics need.
struct ProcessStat: Equatable {
  /// User and system mode together.
  let cpuTicks: Double
  let threads: Double
  /// Since the machine started.
  let startTicks: Double
  let virtualBytes: Double
  let residentPages: Double

  /// The program's name is in parentheses and may hold anything, parentheses and spaces too.
  init?(_ text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    // Field 3 of the manual comes first.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let threads = Double(fields[17]), let start = Double(fields[19]),
      let size = Double(fields[20]), let resident = Double(fields[21])
    else { return nil }
    cpuTicks = user + system
    self.threads = threads
    startTicks = start
    virtualBytes = size
    residentPages = resident
  }

  /// The second since 1970 in which the machine started, from `/proc/stat`.
  static func bootTime(_ text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
  }
}
