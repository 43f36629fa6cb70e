import Foundation
import Testing

@testable import openclaw

struct SettingsTests {
  /// A folder for the time of a closure.
  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      // A folder that stays behind in /tmp is no failure of what is tested.
      try? FileManager.default.removeItem(at: folder)  // as said above
    }
    try await body(folder.path)
  }

  private func write(_ text: String, to path: String, mode: Int) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func settings(
    url: String? = nil, file: String? = nil, profile: String? = nil,
    _ environment: [String: String], directory: String
  ) throws -> ConnectionSettings {
    let surroundings = Surroundings(
      environment: environment, directory: directory, isRoot: false, writeOutput: { _ in },
      writeError: { _ in }, outputIsTerminal: false, errorIsTerminal: false, readInput: { _ in [] },
      pause: { _ in }, interruptions: { AsyncStream { _ in } })
    var options = ConnectionOptions()
    options.url = url
    options.tokenFile = file
    options.profile = profile
    return try ConnectionSettings(options, in: surroundings)
  }

  @Test func theOperatorsTokenIsFoundInTheDataRootAndStaysOnThisMachine() async throws {
    try await inFolder { folder in
      try write("local\n", to: "\(folder)/.openclaw/operator.token", mode: 0o600)
      let local = try settings([:], directory: folder)
      #expect(local.url == "http://127.0.0.1:18789" && local.token == "local")
      for url in ["https://openclaw.example", "http://127.0.0.1.example", "http://127.evil.a.b"] {
        let remote = try settings(url: url, [:], directory: folder)
        #expect(remote.token == nil)
      }
      try write("elsewhere", to: "\(folder)/root/operator.token", mode: 0o400)
      let moved = try settings(["OPENCLAW_DATA_ROOT": "\(folder)/root"], directory: folder)
      #expect(moved.token == "elsewhere")
    }
  }

  @Test func flagsWinOverTheEnvironmentAndThatOverTheProfile() async throws {
    try await inFolder { folder in
      for name in ["flag", "variable", "profile"] {
        try write(name, to: "\(folder)/\(name)", mode: 0o600)
      }
      let profiles = #"{"default":{"url":"http://p","token_file":"\#(folder)/profile"}}"#
      try write(profiles, to: "\(folder)/openclaw/profiles.json", mode: 0o644)
      var environment = ["XDG_CONFIG_HOME": folder]
      #expect(try settings(environment, directory: folder).token == "profile")
      environment["OPENCLAW_TOKEN"] = "direct"
      #expect(try settings(environment, directory: folder).token == "direct")
      environment["OPENCLAW_TOKEN_FILE"] = "\(folder)/variable"
      environment["OPENCLAW_URL"] = "https://v/"
      let variable = try settings(environment, directory: folder)
      #expect(variable.token == "variable" && variable.url == "https://v")
      let flag = try settings(
        url: "http://f", file: "\(folder)/flag", environment, directory: folder)
      #expect(flag.token == "flag" && flag.url == "http://f" && flag.warning != nil)
      let named = try settings(profile: "default", environment, directory: folder)
      #expect(named.token == "profile" && named.url == "http://p")
      #expect(throws: CommandError.self) {
        try settings(profile: "none", environment, directory: folder)
      }
    }
  }

  @Test func aProfilesTokenGoesToItsOwnGatewayAlone() async throws {
    try await inFolder { folder in
      try write("profile", to: "\(folder)/profile", mode: 0o600)
      let profiles = #"""
        {"default":{"url":"https://p","token_file":"\#(folder)/profile"},
         "bare":{"token_file":"\#(folder)/profile"}}
        """#
      try write(profiles, to: "\(folder)/openclaw/profiles.json", mode: 0o600)
      let environment = ["XDG_CONFIG_HOME": folder]
      let moved = environment.merging(["OPENCLAW_URL": "https://other"]) { $1 }
      let cases: [(url: String?, profile: String?, environment: [String: String])] = [
        ("https://other", nil, environment), ("https://p.evil", "default", environment),
        (nil, nil, moved), (nil, "bare", moved), ("https://p:444", nil, environment),
      ]
      for (url, profile, environment) in cases {
        let error = #expect(throws: CommandError.self) {
          try settings(url: url, profile: profile, environment, directory: folder)
        }
        #expect(error?.status == .authentication && error?.message.contains("not sent to") == true)
      }
      #expect(try settings(url: "https://p/", environment, directory: folder).token == "profile")
      #expect(
        try settings(profile: "default", moved, directory: folder).token == "profile")
      #expect(try settings(profile: "bare", environment, directory: folder).token == "profile")
      let given = try settings(
        url: "https://other", file: "\(folder)/profile", environment, directory: folder)
      #expect(given.token == "profile")
      try write("local", to: "\(folder)/.openclaw/operator.token", mode: 0o600)
      let local = try settings(url: "http://127.0.0.1:9", environment, directory: folder)
      #expect(local.token == "local")
    }
  }

  @Test func aTokenFileThatOthersMayReadIsRefused() async throws {
    try await inFolder { folder in
      let path = "\(folder)/token"
      for mode in [0o644, 0o640, 0o602] {
        try write("secret", to: path, mode: mode)
        let run = await CommandRun.of(["jobs", "list", "--token-file", path], environment: [:])
        #expect(run.code == 4 && run.output.isEmpty)
        #expect(run.error.contains("others may use it") && run.error.contains("chmod 600"))
        #expect(!run.error.contains("secret"))
      }
    }
  }

  @Test func aFileWithoutOneTokenIsRefused() async throws {
    try await inFolder { folder in
      for text in ["", " \n", "two words", "ünïcode", String(repeating: "x", count: 5000)] {
        try write(text, to: "\(folder)/token", mode: 0o600)
        #expect(throws: CommandError.self) { try TokenFile.read("\(folder)/token") }
      }
      #expect(throws: CommandError.self) { try TokenFile.read(folder) }
      #expect(try TokenFile.read("\(folder)/none") == nil)
    }
  }
}
