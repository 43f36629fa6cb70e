public import Jobs

/// Finds the provider that serves a model alias, and asks it.
public struct ModelRouter: ModelCalling {
  private let builtin: BuiltinModel

  /// Makes a router that knows the aliases `default` and `builtin/demo`, both the built-in model.
  public init(builtin: BuiltinModel = BuiltinModel()) { self.builtin = builtin }

  /// Asks the model that the request's alias stands for.
  ///
  /// - Throws: ``StepFailure`` `bad_input`, `unknown_model` for another alias, and what the
  ///   provider throws.
  public func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    switch request.model {
    case "default", BuiltinModel.name:
      return try await builtin.complete(request, onDelta: onDelta)
    default:
      throw StepFailure(
        .badInput, code: "unknown_model",
        message: "There is no such model; the known ones are default and \(BuiltinModel.name).")
    }
  }
}
