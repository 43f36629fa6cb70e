import Foundation
import Jobs
import TestSupport
import Testing

/// The parser against random input, and against Python's parser.
@Suite struct JSONFuzzTests {
  @Test func damagedInputNeverCrashesAndWhatIsTakenRoundTrips() throws {
    var generator = JSONGenerator(seed: 20_260_722)
    var taken = 0
    for round in 0..<100_000 {
      var input = generator.document()
      if round % 8 != 0 { input = generator.damaged(input) }
      switch Result(catching: { () throws(JSONError) in try JSONValue.parse(input) }) {
      case .failure(let error):
        try #require((0...input.count).contains(error.offset), "\(input)")
      case .success(let value):
        taken += 1
        let written = value.json
        let again = try JSONValue.parse(written)
        try #require(again == value && again.json == written, "\(input)")
      }
    }
    #expect((10_000..<90_000).contains(taken), "the inputs test both ways")
  }

  @Test(.enabled(if: PythonJSON.isInstalled, "python3 is not installed"))
  func agreesWithPython() async throws {
    var generator = JSONGenerator(seed: 8259)
    var inputs: [[UInt8]] = []
    for _ in 0..<3_000 {
      let document = generator.document()
      inputs += [document, generator.damaged(document)]
    }
    let theirs = try await PythonJSON.canonicalForms(of: inputs)
    try #require(theirs.count == inputs.count)
    var taken = 0
    for (input, their) in zip(inputs, theirs) {
      let our: String
      do {
        our = PythonJSON.canonicalForm(of: try JSONValue.parse(input))
        taken += 1
      } catch {
        our = "refused"
      }
      try #require(our == their, "\(String(decoding: input, as: UTF8.self))")
    }
    #expect((1_000..<5_000).contains(taken), "the inputs test both ways")
  }
}

/// Python's `json` as an independent implementation; where it is laxer, the script is strict.
enum PythonJSON {
  private static let path = "/usr/bin/python3"

  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

  /// One line for each input: its value in a form that both languages can write, or `refused`.
  static func canonicalForms(of inputs: [[UInt8]]) async throws -> [String] {
    let lines = inputs.map(hexadecimal).joined(separator: "\n")
    let run = try await ToolRun.run(
      path, ["-c", script, "in"], files: ["in": [UInt8](lines.utf8)])
    try #require(run.status == 0, "\(run.output)")
    return run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The form that the script writes too: strings in hex, doubles as their bits, keys sorted.
  static func canonicalForm(of value: JSONValue) -> String {
    switch value {
    case .null: "n"
    case .bool(let value): value ? "t" : "f"
    case .integer(let value): "i\(value)"
    case .number(let value): "d\(value.bitPattern)"
    case .string(let text): "s" + hexadecimal([UInt8](text.utf8))
    case .array(let elements): "[" + elements.map(canonicalForm).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { hexadecimal([UInt8]($0.key.utf8)) + ":" + canonicalForm(of: $0.value) }
        .sorted().joined(separator: ",") + "}"
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = [UInt8]("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static let script = """
    import json, math, struct, sys, unicodedata
    def refuse(*_): raise ValueError()
    def whole(text):
      value = int(text)
      return value if -2**63 <= value < 2**63 else refuse()
    def real(text):
      value = float(text)
      return value if math.isfinite(value) else refuse()
    def members(pairs):
      keys = {unicodedata.normalize('NFC', key) for key, _ in pairs}
      return dict(pairs) if len(keys) == len(pairs) else refuse()
    def text(value):
      return refuse() if chr(0) in value else value.encode('utf-8').hex()
    def form(v):
      if v is None: return 'n'
      if isinstance(v, bool): return 't' if v else 'f'
      if isinstance(v, int): return 'i%d' % v
      if isinstance(v, float): return 'd%d' % struct.unpack('>Q', struct.pack('>d', v))
      if isinstance(v, str): return 's' + text(v)
      if isinstance(v, list): return '[' + ','.join(map(form, v)) + ']'
      return '{' + ','.join(sorted(text(k) + ':' + form(x) for k, x in v.items())) + '}'
    lines = []
    for line in open(sys.argv[1]).read().split(chr(10)):
      try:
        value = json.loads(bytes.fromhex(line).decode('utf-8'), parse_int=whole,
          parse_float=real, parse_constant=refuse, object_pairs_hook=members)
        lines.append(form(value))
      except (ValueError, RecursionError):
        lines.append('refused')
    sys.stdout.write(chr(10).join(lines))
    """
}
