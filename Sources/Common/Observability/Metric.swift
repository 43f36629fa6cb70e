/// A metric of the closed list; nothing else is ever exported. docs/METRICS.md describes them all.
public enum Metric: Int, Sendable, CaseIterable {
  case jobsEnqueued, jobsStarted, jobsCompleted, jobsRetried, jobsDeadLettered, stepsReady
  case scheduleTicks, schedulesStopped
  case jobQueueWait, jobRun
  case queueMessages, queueOldestAge, queueConsumers, workers, workerSlots, outboxRows
  case queuePaused, pauses, endlessPauseAge, limitHeldSteps
  case amqpConfirm, amqpReturned
  case reconcilerRung, reconcilerSurplus, reconcilerOrphans
  case modelCalls, modelTokens, modelCost, modelFailovers, modelCallDuration, modelFirstToken
  case skillRuns, webhookDeliveries
  case tableBytes, tableRows, retentionDeleted, dutyFailures
  case rateLimitRejected, httpRequestDuration
  case processCPU, processResidentMemory, processVirtualMemory, processOpenFiles, processMaxFiles
  case processThreads, processStartTime
  case buildInfo

  /// Finds a metric by its exposed name, such as `openclaw_outbox_rows`.
  public init?(name: some StringProtocol) {
    guard let match = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    self = match
  }

  /// The exposed name, with `_total` for counters and the unit where there is one.
  public var name: String { definition.name }
  /// What may be done with it.
  public var kind: MetricDefinition.Kind { definition.kind }
  /// The base unit of its values.
  public var unit: MetricDefinition.Unit { definition.unit }
  /// Who feeds it, and so what one gateway's figure stands for.
  public var source: MetricDefinition.Source { definition.source }
  /// One sentence on what it tells; plain ASCII without quotes and backslashes.
  public var help: String { definition.help }
  /// The labels, in the order in which their values are given.
  public var labels: [MetricLabel] { definition.labels }
  /// Upper bounds of a histogram's buckets, rising, without the last one, which has no bound; empty
  /// for other kinds.
  public var buckets: [Double] { definition.buckets }

  /// All of it at once.
  public var definition: MetricDefinition { Self.definitions[rawValue] }

  private static let definitions: [MetricDefinition] = {
    let parts = [
      jobDefinitions, scheduleDefinitions, queueDefinitions, callDefinitions, processDefinitions,
      storageDefinitions,
    ]
    return allCases.map { metric in
      guard let found = parts.lazy.compactMap({ $0[metric] }).first else {
        preconditionFailure("no definition of the metric \(metric)")
      }
      return found
    }
  }()
}
