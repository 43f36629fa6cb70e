extension Metric {
  static let processDefinitions: [Metric: MetricDefinition] = [
    .processCPU: .counter(
      "process_cpu_seconds_total", .seconds, by: .ownProcess,
      "CPU time that the process used, in user and system mode."),
    .processResidentMemory: .gauge(
      "process_resident_memory_bytes", .bytes, by: .ownProcess,
      "Memory of the process that is in RAM."),
    .processVirtualMemory: .gauge(
      "process_virtual_memory_bytes", .bytes, by: .ownProcess,
      "Address space of the process."),
    .processOpenFiles: .gauge(
      "process_open_fds", by: .ownProcess, "Open file descriptors."),
    .processMaxFiles: .gauge(
      "process_max_fds", by: .ownProcess,
      "The most file descriptors that the process may open; absent without a limit."),
    .processThreads: .gauge(
      "process_threads", by: .ownProcess, "Threads of the process."),
    .processStartTime: .gauge(
      "process_start_time_seconds", .seconds, by: .ownProcess,
      "When the process started, since 1970-01-01 UTC."),
    .buildInfo: .gauge(
      "openclaw_build_info", .count, [.open("version")], by: .ownProcess,
      "Always 1; the label tells the version of the answering gateway."),
  ]
}
