import Foundation

/// All measurements of one workload, one after the other.
struct Course: Sendable {
  let workload: Workload
  let arena: Arena

  /// Measures each contender as often as it is in the orders.
  ///
  /// A contender that fails once has no figure; the others go on.
  func run(_ orders: [[Contender]]) async -> Report.Results {
    var samples: [Sample] = []
    var missing: [String: String] = [:]
    for (round, order) in orders.enumerated() {
      for contender in order where missing[contender.name] == nil {
        do {
          try await arena.reset()
          var sample = try await contender.measure(arena)
          sample.contender = contender.name
          sample.role = contender.role
          sample.round = round + 1
          samples.append(sample)
          say("\(workload.id) round \(round + 1) \(contender.name): \(sample.line)")
        } catch {
          missing[contender.name] = "\(error)".withoutPaths
          say("\(workload.id) round \(round + 1) \(contender.name): no figure: \(error)")
        }
      }
    }
    return results(samples.filter { missing[$0.contender] == nil }, missing, samples)
  }

  private func results(
    _ valid: [Sample], _ missing: [String: String], _ all: [Sample]
  ) -> Report.Results {
    let byName = Dictionary(grouping: valid, by: \.contender).mapValues(Summary.init)
    // A loss makes a figure worthless.
    let sound = byName.filter { $0.value.role != .ours || $0.value.lost + $0.value.doubled == 0 }
    return Report.Results(
      id: workload.id, title: workload.title,
      contenders: workload.contenders.compactMap { byName[$0.name] },
      goals: workload.goals.map { goal in
        let figure = goal.figure(sound)
        return Report.Verdict(
          text: goal.text, figure: figure, isMet: figure.map(goal.isMet) ?? false,
          cause: figure == nil ? nil : goal.cause)
      }, missing: missing, samples: all)
  }

  private func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

extension Sample {
  /// For people who wait.
  fileprivate var line: String {
    let all = figures.merging(cpu.map { ("\($0.key) µs/job", $0.value) }) { $1 }
    return all.sorted { $0.key < $1.key }.map { "\($0.key) \(Int($0.value.rounded()))" }
      .joined(separator: ", ") + ", lost \(lost), doubled \(doubled)"
  }
}

extension String {
  /// Without folders, which a report is not to tell of.
  fileprivate var withoutPaths: String { replacing(/(\/[\w.+-]+)+\//, with: "…/") }
}
