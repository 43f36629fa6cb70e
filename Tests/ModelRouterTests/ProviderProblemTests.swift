import HTTP
import Jobs
import Testing

@testable import ModelRouter

@Suite struct ProviderProblemTests {
  private let redaction = MessageRedaction(key: APIKey("local-key-77"))

  private func failure(_ status: Int, _ body: JSONValue = [:]) -> StepFailure? {
    ProviderProblem(body, status: status)?.failure(redaction)
  }

  @Test(arguments: [
    (401, "auth", "provider_auth"), (403, "auth", "provider_auth"),
    (402, "refused", "quota_exhausted"), (429, "rate_limited", "provider_rate_limited"),
    (404, "bad_input", "model_not_found"), (400, "bad_input", "provider_bad_request"),
    (413, "bad_input", "provider_bad_request"), (422, "bad_input", "provider_bad_request"),
    (408, "transient", "provider_unavailable"), (409, "transient", "provider_unavailable"),
    (500, "transient", "provider_unavailable"), (502, "transient", "provider_unavailable"),
    (529, "transient", "provider_unavailable"), (307, "bad_input", "provider_redirected"),
  ])
  func eachStatusHasItsClass(status: Int, kind: String, code: String) {
    let found = failure(status)
    #expect(found?.class.rawValue == kind && found?.code == code)
  }

  @Test(arguments: [
    (429, "insufficient_quota", "refused", "quota_exhausted"),
    (400, "context_length_exceeded", "bad_input", "context_length_exceeded"),
    (400, "content_filter", "refused", "content_filter"),
    (400, "invalid_api_key", "auth", "provider_auth"),
    (400, "model_not_found", "bad_input", "model_not_found"),
  ])
  func theProvidersWordsWinOverItsStatus(status: Int, word: String, kind: String, code: String) {
    for member in ["code", "type"] {
      let body: JSONValue = ["error": .object(["message": "x", member: .string(word)])]
      #expect(failure(status, body)?.class.rawValue == kind)
      #expect(failure(status, body)?.code == code)
    }
  }

  @Test func aLengthThatOnlyTheMessageTellsIsRecognized() {
    let body: JSONValue = ["message": "This model's maximum context length is 4096 tokens."]
    #expect(failure(400, body)?.code == "context_length_exceeded")
  }

  @Test func theMessageIsShownWhereverItStands() {
    let bodies: [JSONValue] = [
      ["error": ["message": "no luck"]], ["error": "no luck"], ["message": "no luck"],
      ["detail": "no luck"], ["object": "error", "message": "no luck", "code": 500],
    ]
    for body in bodies {
      #expect(
        failure(500, body)?.message == "The model provider could not answer (HTTP 500): no luck")
    }
    for body: JSONValue in [[:], ["error": [:]], ["error": .null], ["detail": [1]]] {
      #expect(failure(500, body)?.message == "The model provider could not answer (HTTP 500).")
    }
  }

  @Test func whatLooksLikeAKeyIsTakenOut() {
    let cases = [
      ("Incorrect API key provided: sk-proj-AbC_123.", "Incorrect API key provided: [removed]"),
      ("key 'sk-abc***xyz' is bad", "key '[removed]' is bad"),
      ("bad abcd****wxyz, sorry", "bad [removed], sorry"),
      ("got Bearer eyJhbGciOi", "got Bearer [removed]"),
      ("xlocal-key-77x is wrong", "x[removed]x is wrong"),
      ("see https://a.example/p?token=abc now", "see https://a.example/p now"),
      ("two\nlines\u{1B} and\ttabs", "two lines and tabs"),
      ("the task-force asks", "the task-force asks"),
    ]
    for (message, shown) in cases { #expect(redaction.shown(message) == shown) }
  }

  @Test func longMessagesAreCut() {
    let shown = redaction.shown(String(repeating: "word ", count: 1000))
    #expect(shown.count == 300 && shown.hasSuffix("…"))
    #expect(
      !redaction.shown(String(repeating: "a", count: 295) + " local-key-77").contains("local"))
  }

  @Test func aKeyPrintsAsNothing() throws {
    let key = try #require(APIKey(" sk-secret\n"))
    #expect(key.secret == "sk-secret")
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains("secret"))
    for text in ["", " \n", "two words", "a\u{0}b", "ключ"] { #expect(APIKey(text) == nil) }
  }
}

@Suite struct RetryAfterTests {
  private func read(_ headers: HTTPHeaders) -> Duration? {
    // Sun, 06 Nov 1994 08:49:37 GMT
    RetryAfter.read(headers, now: 784_111_777)
  }

  @Test func secondsMillisecondsAndDatesAreRead() {
    #expect(read(["Retry-After": "7"]) == .seconds(7))
    #expect(read(["Retry-After": "0.5"]) == .milliseconds(500))
    #expect(read(["retry-after-ms": "1500", "Retry-After": "9"]) == .milliseconds(1500))
    #expect(read(["Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT"]) == .seconds(60))
    #expect(read(["Retry-After": "Sun, 06 Nov 1994 08:49:00 GMT"]) == .zero)
    #expect(read(["Retry-After": "Sun, 06 Nov 2044 08:49:00 GMT"]) == .seconds(86_400))
    #expect(read(["Retry-After": "999999999999999999999999"]) == .seconds(86_400))
  }

  @Test(arguments: [
    "", "-1", "soon", "nan", "inf", "0x10", "1e3", "Sun, 06 Nov 1994",
    "Sun, 99 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", ".",
  ])
  func whatCannotBeReadSaysNothing(value: String) { #expect(read(["Retry-After": value]) == nil) }

  @Test func datesCountLeapDays() {
    #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(HTTPDate.seconds("Tue, 29 Feb 2000 23:59:59 GMT") == 951_868_799)
    #expect(HTTPDate.seconds("Wed, 01 Mar 2000 00:00:00 GMT") == 951_868_800)
    #expect(HTTPDate.seconds("Fri, 31 Dec 2100 00:00:00 GMT") == 4_133_894_400)
  }
}
