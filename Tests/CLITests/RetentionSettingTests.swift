import Jobs
import ServiceSupport
import Testing

/// How long things are kept, as it is set.
struct RetentionSettingTests {
  private func kept(_ text: String?) async throws -> Duration? {
    let reader = try await SettingsReader(flags: text.map { ["retention.jobs": $0] } ?? [:])
    return try reader.retention("retention.jobs", default: RetentionPolicy().jobs)
  }

  @Test func daysAndForEverAreTaken() async throws {
    #expect(try await kept(nil) == .seconds(30 * 86_400))
    #expect(try await kept("7d") == .seconds(7 * 86_400))
    #expect(try await kept("36h") == .seconds(36 * 3600))
    #expect(try await kept("0") == nil)
  }

  @Test func whatCannotBeMeantStopsTheStart() async throws {
    for text in ["", "30", "d", "-1d", "23h", "0d", "for ever"] {
      let error = await #expect(throws: SettingsError.self) { try await kept(text) }
      #expect(error?.description.contains("retention.jobs") == true, "\(text)")
      #expect(error?.description.contains("at least 1d") == true, "\(text)")
    }
  }
}
