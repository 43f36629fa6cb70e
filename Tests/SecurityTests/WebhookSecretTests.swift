import Foundation
import Security
import Testing

struct WebhookSecretTests {
  private func text(bytes count: Int) -> String {
    "whsec_" + Data(repeating: 0xFB, count: count).base64EncodedString()
  }

  @Test func aNewOneHas32RandomBytesAndReadsBack() throws {
    let secret = WebhookSecret().secret
    #expect(secret.utf8.starts(with: "whsec_".utf8) && WebhookSecret(secret)?.secret == secret)
    #expect(Data(base64Encoded: String(secret.dropFirst(6)))?.count == 32)
    #expect(Set((0..<100).map { _ in WebhookSecret().secret }).count == 100)
  }

  @Test func from24To64BytesAreTaken() {
    for count in 0...100 {
      let text = text(bytes: count)
      #expect(WebhookSecret(text)?.secret == ((24...64).contains(count) ? text : nil))
    }
  }

  @Test func whatIsNoSecretIsRefused() {
    let encoded = String(text(bytes: 32).dropFirst(6))
    for text in [
      "", "whsec_", encoded, "WHSEC_\(encoded)", "whsk_\(encoded)", "whsec_ \(encoded)",
      "whsec_\(encoded)\n", "whsec_\(encoded.dropLast())", "whsec_\(encoded)=",
      "whsec_whsec_\(encoded)", "whsec_\u{301}\(encoded)",
      "whsec_" + encoded.replacingOccurrences(of: "+", with: "-"),
      "whsec_" + String(repeating: "é", count: 43),
    ] {
      #expect(WebhookSecret(text) == nil, "\(text)")
    }
  }

  @Test func nothingThatIsPrintedHoldsTheSecret() {
    let secret = WebhookSecret()
    let parts = [secret.secret, String(secret.secret.dropFirst(6))]
    var dumped = "\(secret) \(String(reflecting: secret)) \([secret])"
    dump(secret, to: &dumped)
    dump(WebhookSigner([secret]), to: &dumped)
    dump(WebhookVerifier([secret]), to: &dumped)
    #expect(dumped.contains("whsec_…") && !parts.contains { dumped.contains($0) })
  }
}
