import Foundation

extension LocalStack {
  /// Gives a stack with data of its own to the body, on ports of its own, and removes both after.
  ///
  /// What runs that were killed left behind is removed first.
  ///
  /// - Parameter durability: `throwaway` unless the body kills the servers.
  /// - Throws: `LocalServiceError`, and what the body throws.
  public static func withThrowaway<Result: Sendable>(
    paths: LocalPaths, durability: PrivatePostgres.Durability = .throwaway,
    progress: @escaping @Sendable (String) -> Void = { _ in },
    _ body: @Sendable (LocalStack) async throws -> Result
  ) async throws -> Result {
    let temporary = FileManager.default.temporaryDirectory
    ThrowawayRoot.removeStale(in: temporary)
    let root = try ThrowawayRoot(in: temporary)
    defer { root.remove() }
    var paths = paths
    paths.dataRoot = root.url
    let seed = Int32.random(in: 0..<2500)
    let stack = try await start(
      paths: paths, ports: .throwaway(seed: seed), durability: durability, progress: progress)
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await body(stack)) } catch { outcome = .failure(error) }
    await stack.stop()
    return try outcome.get()
  }
}
