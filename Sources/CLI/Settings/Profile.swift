/// A named gateway of the user's.
struct Profile: Sendable, Equatable {
  var url: String?
  /// Absolute.
  var tokenFile: String?

  /// Finds a profile by name.
  ///
  /// - Parameter name: `nil` for the one that `profiles use` chose, else the one called `default`,
  ///   which need not exist.
  /// - Throws: ``CommandError`` with status `usage`.
  init(named name: String?, in surroundings: Surroundings) throws {
    guard let path = ProfileFile.path(surroundings), let file = try ProfileFile(reading: path)
    else {
      if let name { throw CommandError.usage("no profile \(name): there is no profiles.json") }
      return
    }
    guard let profile = file[name ?? file.current] else {
      if let name { throw CommandError.usage("no profile \(name) in \(path)") }
      return
    }
    self = profile
  }

  init(url: String? = nil, tokenFile: String? = nil) {
    self.url = url
    self.tokenFile = tokenFile
  }
}
