import Jobs

/// Reads arguments; the runtime has checked them, so a failure here is a caller that did not.
extension SkillCall {
  /// A string that has to be there.
  ///
  /// - Throws: ``StepFailure`` `bad_input`, `invalid_arguments`.
  func text(_ name: String) throws -> String {
    guard let text = try optionalText(name) else { throw invalid(name, "is required") }
    return text
  }

  /// A string, or `nil` when it is not there; throws as ``text(_:)``.
  func optionalText(_ name: String) throws -> String? {
    guard let value = arguments[name] else { return nil }
    guard let text = value.text else { throw invalid(name, "must be a string") }
    return text
  }

  /// A whole number that is not negative, or `nil` when it is not there; throws as ``text(_:)``.
  func optionalCount(_ name: String) throws -> Int? {
    guard let value = arguments[name] else { return nil }
    guard let number = value.int, let count = Int(exactly: number), count >= 0 else {
      throw invalid(name, "must be a whole number that is not negative")
    }
    return count
  }

  /// A boolean, or the default when it is not there; throws as ``text(_:)``.
  func flag(_ name: String, default: Bool) throws -> Bool {
    guard let value = arguments[name] else { return `default` }
    guard case .bool(let flag) = value else { throw invalid(name, "must be true or false") }
    return flag
  }

  private func invalid(_ name: String, _ detail: String) -> StepFailure {
    StepFailure(.badInput, code: "invalid_arguments", message: "/\(name) \(detail).")
  }
}
