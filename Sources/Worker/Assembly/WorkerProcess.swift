public import ArgumentParser
public import Jobs
import Logging
import Observability
import ServiceSupport

/// What a worker's command line says.
public struct WorkerOptions: ParsableArguments {
  @Option(name: .customLong("pool"), help: "A pool to serve, such as agent.main; repeatable.")
  var pools: [String] = []

  @Option(help: "How many steps to run at once (OPENCLAW_WORKER_CONCURRENCY; 4).")
  var concurrency: Int?

  @Option(help: "The configuration file (OPENCLAW_CONFIG; openclaw.yaml).")
  var config: String?

  /// Leaves all to settings.
  public init() {}

  fileprivate var flags: [String: String] {
    var flags: [String: String] = [:]
    if !pools.isEmpty { flags["worker.pools"] = pools.joined(separator: ",") }
    flags["worker.concurrency"] = concurrency.map(String.init)
    return flags
  }
}

/// A process that is a worker.
public enum WorkerProcess {
  /// Runs a worker until SIGTERM, and ends the process; settings that cannot be used end it at
  /// once, with a line to standard error and the status 78.
  ///
  /// - Parameters:
  ///   - program: As that line names it.
  ///   - extraSkills: Made after the settings are read; see ``buildWorker(_:extraSkills:)``.
  public static func run(
    _ options: WorkerOptions, program: String,
    extraSkills: () throws -> [any Skill] = { [] }
  ) async -> Never {
    do {
      let settings = try Settings(
        try await SettingsReader(file: options.config, flags: options.flags))
      var logger = ProcessLifecycle.logger("worker", level: settings.logLevel)
      logger[metadataKey: "pool"] = "\(settings.workerPools.map(\.name).joined(separator: ","))"
      let foundations = try Foundations(
        settings: settings, name: "worker", connections: 4, logger: logger)
      let services = try buildWorker(foundations, extraSkills: try extraSkills())
      try await ProcessLifecycle.run(services, logger: logger)
    } catch {
      ProcessLifecycle.refuse(program, error)
    }
  }
}
