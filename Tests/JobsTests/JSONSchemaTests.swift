import Jobs
import Testing

@Suite struct JSONSchemaTests {
  private func violations(_ value: JSONValue, _ schema: JSONValue) throws -> [JSONViolation] {
    try JSONSchema(schema).violations(of: value)
  }

  @Test func valuesOfTheirTypePass() throws {
    let cases: [(JSONValue, String)] = [
      (.null, "null"), (true, "boolean"), (7, "integer"), (.number(7), "integer"),
      (7, "number"), (.number(0.5), "number"), ("a", "string"), ([1], "array"),
      (["a": 1], "object"),
    ]
    for (value, type) in cases {
      #expect(try violations(value, ["type": .string(type)]).isEmpty, "\(type)")
      #expect(try violations(value, ["type": ["null", .string(type)]]).isEmpty, "\(type)")
    }
  }

  @Test func valuesOfAnotherTypeAreNamedWithTheirPlace() throws {
    let schema: JSONValue = ["properties": ["a/b": ["items": ["type": "string"]]]]
    #expect(
      try violations(["a/b": ["x", 1]], schema)
        == [JSONViolation(pointer: "/a~1b/1", detail: "must be of type string")])
    #expect(try violations(.number(0.5), ["type": "integer"]).count == 1)
    #expect(try violations(.number(1e300), ["type": "integer"]).count == 1)
    #expect(try violations(false, ["type": ["integer", "null"]]).count == 1)
  }

  @Test func missingAndUnknownMembersPointToTheMember() throws {
    let schema: JSONValue = [
      "type": "object", "properties": ["path": ["type": "string"]], "required": ["path"],
      "additionalProperties": false,
    ]
    #expect(try violations(["path": "x"], schema).isEmpty)
    #expect(
      try violations(["pa~th": "x"], schema) == [
        JSONViolation(pointer: "/pa~0th", detail: "is not a known member"),
        JSONViolation(pointer: "/path", detail: "is required"),
      ])
  }

  @Test func namesCompareByTheirBytes() throws {
    let schema: JSONValue = [
      "properties": ["K": ["type": "string"]], "additionalProperties": false,
    ]
    #expect(try violations(["K": "x"], schema).isEmpty)
    #expect(try violations(["\u{212A}": 1], schema).map(\.detail) == ["is not a known member"])
    #expect(try violations("\u{e9}", ["enum": ["e\u{301}"]]).count == 1)
  }

  @Test func boundsIncludeTheirEnds() throws {
    let number: JSONValue = ["minimum": 1, "maximum": .number(2.5)]
    for value: JSONValue in [1, 2, .number(2.5), "not a number"] {
      #expect(try violations(value, number).isEmpty)
    }
    for value: JSONValue in [0, .number(0.99), 3, .number(2.6)] {
      #expect(try violations(value, number).count == 1)
    }
    let large: JSONValue = ["maximum": .integer(Int64.max - 1)]
    #expect(try violations(.integer(Int64.max - 1), large).isEmpty)
    #expect(try violations(.integer(Int64.max), large).count == 1)
  }

  @Test func lengthsCountUnicodeScalars() throws {
    let schema: JSONValue = ["minLength": 2, "maxLength": 2]
    #expect(try violations("e\u{301}", schema).isEmpty)
    #expect(try violations("\r\n", schema).isEmpty)
    #expect(try violations("\u{e9}", schema).count == 1)
    #expect(try violations("abc", schema).count == 1)
  }

  @Test func listsHaveBoundsOnTheirCount() throws {
    let schema: JSONValue = ["minItems": 1, "maxItems": 2]
    #expect(try violations([1], schema).isEmpty)
    #expect(try violations([], schema).count == 1)
    #expect(try violations([1, 2, 3], schema).count == 1)
  }

  @Test func constantsAndListsOfValuesCompareAsJSONDoes() throws {
    #expect(try violations(.number(1), ["const": 1]).isEmpty)
    #expect(try violations(["a": [.number(2)]], ["enum": [1, ["a": [2]]]]).isEmpty)
    #expect(try violations(true, ["const": 1]).map(\.detail) == ["must be 1"])
    #expect(
      try violations("c", ["enum": ["a", "b"]]).map(\.detail) == [#"must be one of "a", "b""#])
  }

  @Test func theNumberOfViolationsIsBounded() throws {
    let many = JSONValue.array(Array(repeating: 1, count: 10_000))
    let schema: JSONValue = ["items": ["type": "string"]]
    #expect(try violations(many, schema).count == JSONSchema.maximumViolations)
    let members = JSONValue.object(
      Dictionary(uniqueKeysWithValues: (0..<1000).map { ("\($0)", .null) }))
    let closed: JSONValue = ["additionalProperties": false]
    #expect(try violations(members, closed).count == JSONSchema.maximumViolations)
    let long: JSONValue = [String(repeating: "x", count: 100_000): 1]
    #expect(try violations(long, closed).allSatisfy { $0.pointer.utf8.count < 200 })
  }

  @Test(
    arguments: [
      (["pattern": "a"], "/pattern"),
      (["properties": ["a": ["format": "date"]]], "/properties/a/format"),
      (["type": "text"], "/type"), (["type": []], "/type"), (["enum": []], "/enum"),
      (["minLength": -1], "/minLength"), (["minimum": "1"], "/minimum"),
      (["required": [1]], "/required"),
      (["additionalProperties": ["type": "string"]], "/additionalProperties"),
      (["items": true], "/items"), ("string", ""),
    ] as [(JSONValue, String)])
  func whatCannotBeCheckedIsAnError(schema: JSONValue, pointer: String) {
    let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(schema) }
    #expect(error?.pointer == pointer)
  }

  @Test func annotationsHaveNoEffect() throws {
    let schema: JSONValue = ["title": "t", "description": "d", "default": 1]
    #expect(try violations("anything", schema).isEmpty)
  }

  @Test func aSchemaNestedTooDeepIsAnError() {
    var schema: JSONValue = [:]
    for _ in 0..<1000 { schema = ["items": schema] }
    #expect(throws: JSONSchemaError.self) { try JSONSchema(schema) }
  }
}
