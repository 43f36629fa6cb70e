import Foundation
import Jobs
import Testing

@testable import openclaw

struct ProfileTests {
  /// A configuration folder for the time of a closure.
  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer {
      // A folder that stays behind is no failure of what is tested.
      try? FileManager.default.removeItem(at: folder)  // as said above
    }
    try await body(folder.path)
  }

  private func mode(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_mode & 0o777) : nil
  }

  @Test func loggingInKeepsATokenThatWorks() async throws {
    try await ScriptedGateway.run { gateway in
      try await inFolder { folder in
        let environment = ["XDG_CONFIG_HOME": folder]
        let arguments = ["login", "--url", gateway.url + "/"]
        let bad = await CommandRun.of(arguments, environment: environment, input: "bad\n")
        #expect(bad.code == 4 && mode("\(folder)/openclaw") == nil)
        let good = await CommandRun.of(
          arguments + ["-o", "json"], environment: environment, input: "good\n")
        #expect(good.code == 0 && good.error.isEmpty)
        let kept = try good.json
        #expect(
          kept == ["profile": "default", "url": .string(gateway.url), "logged_in": true])
        #expect(mode("\(folder)/openclaw/profiles.json") == 0o600)
        #expect(mode("\(folder)/openclaw/default.token") == 0o600)
        let list = await CommandRun.of(["jobs", "list"], environment: environment)
        #expect(list.code == 0)
        let out = await CommandRun.of(["logout", "-o", "json"], environment: environment)
        let forgotten = try out.json
        #expect(forgotten == ["profile": "default", "logged_in": false])
        #expect(out.code == 0 && mode("\(folder)/openclaw/default.token") == nil)
        #expect(await CommandRun.of(["jobs", "list"], environment: environment).code == 4)
      }
    }
  }

  @Test func whoamiTellsTheUserTheRightsAndTheToken() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await CommandRun.of(["whoami", "--url", gateway.url])
      #expect(run.code == 0)
      #expect(run.output.contains("user      alice\nrole      operator, may operate\n"))
      #expect(run.output.contains("targets   agent:* skill:*\npriority  up to urgent\n"))
      #expect(run.output.contains("  cli\nexpires   2099-11-22 13:10:00, in "))
      let document = try await CommandRun.of(["whoami", "--url", gateway.url, "-o", "json"]).json
      #expect(document["user"]?["name"] == "alice" && document["token"]?["id"] != nil)
      let bad = await CommandRun.of(
        ["whoami", "--url", gateway.url], environment: ["OPENCLAW_TOKEN": "bad"])
      #expect(bad.code == 4)
    }
  }

  @Test func profilesAreMadeChosenAndRemoved() async throws {
    try await inFolder { folder in
      let environment = ["XDG_CONFIG_HOME": folder]
      func run(_ words: String...) async -> CommandRun {
        await CommandRun.of(["profiles"] + words, environment: environment)
      }
      let made = await run(
        "set", "work", "--url", "https://w/", "--token-file", "/t", "-o", "json")
      #expect(made.code == 0)
      let set = try made.json
      #expect(
        set == [
          "name": "work", "current": false, "url": "https://w", "token_file": "/t",
        ])
      #expect(await run("set", "work", "--url", "https://v").code == 0)
      #expect(await run("use", "home").code == 3)
      let used = try await run("use", "work", "-o", "json").json["current"]
      #expect(used == true)
      let items = try await run("list", "-o", "json").json["items"]
      #expect(
        items == [["name": "work", "current": true, "url": "https://v", "token_file": "/t"]])
      #expect(await run("set", "current").code == 64)
      #expect(await run("set", "../x").code == 64)
      #expect(await run("set", "x", "--url", "ftp://x").code == 64)
      let removed = try await run("remove", "work", "-o", "json").json
      #expect(removed == ["profile": "work", "removed": true])
      #expect(await run("list").output == "no profiles\n")
    }
  }

  @Test func theChosenProfileCountsWhenNoneIsNamed() async throws {
    try await ScriptedGateway.run { gateway in
      try await inFolder { folder in
        let environment = ["XDG_CONFIG_HOME": folder]
        let login = ["login", "--profile", "work", "--url", gateway.url]
        _ = await CommandRun.of(login, environment: environment, input: "good")
        let unchosen = await CommandRun.of(
          ["jobs", "list", "--url", gateway.url], environment: environment)
        #expect(unchosen.code == 4)
        _ = await CommandRun.of(["profiles", "use", "work"], environment: environment)
        #expect(await CommandRun.of(["jobs", "list"], environment: environment).code == 0)
      }
    }
  }
}
