/// What this build is.
public enum BuildInfo {
  /// The version of the whole system (Semantic Versioning 2.0).
  public static let version = "0.1.0"
}
