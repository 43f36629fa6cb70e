import Jobs

/// Jobs in the order of a tree: below each one those that it has delegated.
struct JobTree {
  /// A job and its place.
  struct Row: Sendable {
    /// What stands before it, such as `│  └─ `.
    let branch: String
    let job: JobView
  }

  /// Each job once. One whose parent is not among them is a root.
  let rows: [Row]

  /// - Parameter jobs: In the order in which those of one parent shall stand.
  init(_ jobs: [JobView]) {
    let known = Set(jobs.map(\.id))
    let children = Dictionary(grouping: jobs) { job in
      job.parent.flatMap { known.contains($0) ? $0 : nil }
    }
    var rows: [Row] = []
    var open: [(job: JobView, branch: String, trunk: String)] =
      (children[nil] ?? []).reversed().map { ($0, "", "") }
    // A stack and no recursion: a tree may be as deep as it has jobs.
    while let (job, branch, trunk) = open.popLast() {
      rows.append(Row(branch: branch, job: job))
      let below = children[job.id] ?? []
      for (index, child) in below.enumerated().reversed() {
        let isLast = index == below.count - 1
        open.append((child, trunk + (isLast ? "└─ " : "├─ "), trunk + (isLast ? "   " : "│  ")))
      }
    }
    self.rows = rows
  }

  /// A line for each job: id, state, target, and what went wrong.
  ///
  /// - Parameter marked: The job that was asked for.
  func lines(marking marked: JobID) -> [StyledLine] {
    let names = rows.map { "\($0.branch)\($0.job.id)" }
    let width = names.map(\.displayWidth).max() ?? 0
    let states = rows.map(\.job.state.name.displayWidth).max() ?? 0
    return zip(rows, names).map { row, name in
      let gap = String(repeating: " ", count: width - name.displayWidth)
      return StyledLine(row.branch, .dim)
        .adding("\(row.job.id)", row.job.id == marked ? .bold : .plain)
        .adding("\(gap)  ").adding(row.job.state.name.padded(to: states), row.job.state.style)
        .adding("  \(row.job.target)").adding(row.job.problem.map { "  \($0)" } ?? "", .dim)
    }
  }
}

extension JobState {
  /// How its name stands out.
  fileprivate var style: StyledLine.Style {
    switch self {
    case .succeeded: .green
    case .failed, .expired: .red
    case .cancelled: .dim
    case .running: .cyan
    default: .plain
    }
  }
}
