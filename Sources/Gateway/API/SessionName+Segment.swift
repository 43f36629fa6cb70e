import Jobs

extension SessionName {
  /// The name where it can stand in a path: `.` and `..` are taken out of paths (RFC 3986, section
  /// 5.2.4), so that nobody could reach what is called so. `nil` for these two.
  var segment: String? { [".", ".."].contains(description) ? nil : description }

  /// What names in paths look like, in words.
  static let segmentForm =
    "1 to 128 characters of A-Z, a-z, 0-9, '_', '.', ':', '-'; no UUID, not '.' or '..'."
}
