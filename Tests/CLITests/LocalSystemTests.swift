import Testing

@testable import openclaw

struct LocalSystemTests {
  @Test func thePortsThatAreTriedEndWithTheLastThatThereIs() {
    #expect(LocalSystem.ports(from: 18_789) == 18_789...18_889)
    #expect(LocalSystem.ports(from: 65_200) == 65_200...65_300)
    #expect(LocalSystem.ports(from: 65_500) == 65_500...65_535)
    #expect(LocalSystem.ports(from: 65_535) == 65_535...65_535)
  }

  @Test func noPortIsAUsageError() async {
    let run = await CommandRun.of(["up", "--port", "0"])
    #expect(run.code == 64 && run.error.contains("--port takes 1 to 65535."))
  }
}
