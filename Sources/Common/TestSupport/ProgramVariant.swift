public import Foundation

/// What all gateways and workers of a ``TestSystem`` have otherwise than usual.
public struct ProgramVariant: Sendable {
  /// The folder of their executables; `nil` for the guard's.
  public var programs: URL?
  /// Added to their environment.
  public var environment: [String: String]
  /// Entries of `OPENCLAW_FAILPOINTS` for each start, before those that it has of its own.
  public var failpoints: [String]

  /// Without arguments, nothing is otherwise.
  public init(
    programs: URL? = nil, environment: [String: String] = [:], failpoints: [String] = []
  ) {
    self.programs = programs
    self.environment = environment
    self.failpoints = failpoints
  }
}
