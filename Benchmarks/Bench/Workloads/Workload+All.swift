extension Workload {
  /// Every workload, in the order of the report.
  static let all: [Workload] = [.enqueue, .sustained, .roundTrip, .drain, .urgent, .growth, .start]
}
