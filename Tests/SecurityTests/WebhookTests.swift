import Foundation
import Security
import Testing

struct WebhookTests {
  private let id = WebhookMessageID("msg_p5jXN8AQM9LWM0D4loKWxJek")
  private let body = [UInt8](#"{"test": 2432232314}"#.utf8)
  private let moment = Date(timeIntervalSince1970: 1_614_265_330)
  private let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

  private func signed(_ secrets: WebhookSecret...) throws -> WebhookHeaders {
    WebhookSigner(secrets).sign(id: try #require(id), at: moment, body: body)
  }

  private func refusal(
    _ headers: WebhookHeaders, body: [UInt8]? = nil, after seconds: Double = 0,
    _ secrets: WebhookSecret...
  ) -> WebhookVerificationError? {
    do throws(WebhookVerificationError) {
      try WebhookVerifier(secrets).verify(headers, body: body ?? self.body, at: moment + seconds)
      return nil
    } catch {
      return error
    }
  }

  /// The vector that the project's libraries in all languages are tested with.
  @Test func thePublishedVectorComesOut() throws {
    let headers = try signed(try #require(secret))
    #expect(headers.id == "msg_p5jXN8AQM9LWM0D4loKWxJek" && headers.timestamp == "1614265330")
    #expect(headers.signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(
      headers.fields.map { "\($0.name): \($0.value)" } == [
        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp: 1614265330",
        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ])
  }

  @Test func whatIsSignedVerifiesWithThatSecretAlone() throws {
    let secret = WebhookSecret()
    let headers = try signed(secret)
    #expect(refusal(headers, secret) == nil)
    #expect(refusal(headers, WebhookSecret()) == .notAuthentic)
    #expect(refusal(headers) == .notAuthentic)
  }

  @Test func emptyAndBinaryBodiesAreSignedAsTheyAre() throws {
    let secret = WebhookSecret()
    for body in [[], [0], Array(0...255), [0xFF, 0xFE], [UInt8](repeating: 7, count: 1 << 20)] {
      let headers = WebhookSigner([secret]).sign(id: try #require(id), at: moment, body: body)
      #expect(refusal(headers, body: body, secret) == nil)
      #expect(refusal(headers, body: body + [0], secret) == .notAuthentic)
    }
  }

  @Test func whileSecretsAreReplacedEachOfThemVerifies() throws {
    let (old, new, other) = (WebhookSecret(), WebhookSecret(), WebhookSecret())
    let headers = try signed(new, old)
    #expect(headers.signature.split(separator: " ").count == 2)
    #expect(try headers.signature == "\(signed(new).signature) \(signed(old).signature)")
    #expect(refusal(headers, old) == nil && refusal(headers, new) == nil)
    #expect(refusal(headers, other) == .notAuthentic && refusal(headers, other, old) == nil)
  }

  @Test func whatIsChangedIsNotBelieved() throws {
    let secret = WebhookSecret()
    let headers = try signed(secret)
    for index in body.indices {
      for bit in 0..<8 {
        var changed = body
        changed[index] ^= 1 << UInt8(bit)
        #expect(refusal(headers, body: changed, secret) == .notAuthentic)
      }
    }
    var other = headers
    other.id = "msg_p5jXN8AQM9LWM0D4loKWxJel"
    #expect(refusal(other, secret) == .notAuthentic)
    other = headers
    other.timestamp = "1614265331"
    #expect(refusal(other, secret) == .notAuthentic)
    other.timestamp = "01614265330"
    #expect(refusal(other, secret) == .notAuthentic)
  }

  @Test(arguments: [
    "", " ", "v1", "v1,", "v1,?", "v1 ,", "v1a,SIGNATURE", "v2,SIGNATURE", "SIGNATURE",
    "V1,SIGNATURE",
    "v1,v1,SIGNATURE", "v1,SIGNATURE,", "v1, SIGNATURE", "v1,\u{0}SIGNATURE", "v1,SIGNATUR",
    "v1,AAAA", ",SIGNATURE", "v1,SIGNATURESIGNATURE", "v1,SIGNATURE\n",
  ])
  func aSignatureOfAnotherFormIsNone(form: String) throws {
    let secret = WebhookSecret()
    var headers = try signed(secret)
    let signature = String(headers.signature.dropFirst(3))
    headers.signature = form.replacingOccurrences(of: "SIGNATURE", with: signature)
      .replacingOccurrences(of: "SIGNATUR", with: String(signature.dropLast()))
    #expect(refusal(headers, secret) == .notAuthentic)
  }

  @Test func eachBitOfASignatureCounts() throws {
    let secret = WebhookSecret()
    var headers = try signed(secret)
    let signature = try #require(Data(base64Encoded: String(headers.signature.dropFirst(3))))
    for index in signature.indices {
      for bit in 0..<8 {
        var changed = signature
        changed[index] ^= 1 << UInt8(bit)
        headers.signature = "v1," + changed.base64EncodedString()
        #expect(refusal(headers, secret) == .notAuthentic)
      }
    }
  }

  @Test func signaturesOfOtherSchemesAndSecretsAreSkipped() throws {
    let secret = WebhookSecret()
    var headers = try signed(secret)
    headers.signature =
      "v1a,AAAA v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=  nonsense v1,# "
      + headers.signature
    #expect(refusal(headers, secret) == nil)
  }

  @Test(
    arguments: [
      (0, nil), (300, nil), (-300, nil), (300.5, .tooOld), (301, .tooOld), (-301, .tooNew),
      (1e9, .tooOld), (-1e9, .tooNew), (.infinity, .tooOld), (.nan, .tooOld),
    ] as [(Double, WebhookVerificationError?)])
  func fiveMinutesEitherWayAreTolerated(after: Double, expected: WebhookVerificationError?) throws {
    let secret = WebhookSecret()
    #expect(refusal(try signed(secret), after: after, secret) == expected)
  }

  @Test(arguments: ["", "x", "+1614265330", "-1614265330", "1614265330.0", "1e9", " 1614265330"])
  func aTimestampOfAnotherFormIsMalformed(timestamp: String) throws {
    let secret = WebhookSecret()
    var headers = try signed(secret)
    headers.timestamp = timestamp
    #expect(refusal(headers, secret) == .malformed)
    headers.timestamp = String(repeating: "9", count: 30)
    #expect(refusal(headers, secret) == .malformed)
  }

  @Test func fractionsOfASecondAreCut() throws {
    let signer = WebhookSigner([WebhookSecret()])
    for (moment, timestamp) in [(0.0, "0"), (1.999, "1"), (1_700_000_000.5, "1700000000")] {
      let date = Date(timeIntervalSince1970: moment)
      #expect(try signer.sign(id: #require(id), at: date, body: []).timestamp == timestamp)
    }
  }

  @Test(arguments: [
    "", "a.b", "a b", "a\r\nb", "é", "a\u{0}", "evt:1", String(repeating: "a", count: 129),
  ])
  func anIDThatCouldBeReadAnotherWayIsRefused(text: String) throws {
    #expect(WebhookMessageID(text) == nil)
    let secret = WebhookSecret()
    var headers = try signed(secret)
    headers.id = text
    #expect(refusal(headers, secret) == .malformed)
  }

  @Test func anIDMayBeAUUIDWithOrWithoutAPrefix() {
    for text in [UUID().uuidString, "msg_\(UUID())", "a", String(repeating: "Z", count: 128)] {
      #expect(WebhookMessageID(text)?.text == text)
    }
  }
}
