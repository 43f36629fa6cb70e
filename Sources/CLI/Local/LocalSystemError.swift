/// Why the system of this machine cannot be run; one line that says what to do.
struct LocalSystemError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
