import Jobs

/// `/docs`: the OpenAPI document as one HTML page that loads nothing else.
struct DocumentationPage {
  /// Only the page's own style sheet; no script, no other host.
  static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  private static let methods = ["get", "post", "put", "patch", "delete"]

  private let document: JSONValue

  init(_ document: JSONValue) { self.document = document }

  /// UTF-8.
  var html: [UInt8] { [UInt8](page.utf8) }

  private var page: String {
    let title = HTML.escaped(document["info"]?["title"]?.text ?? "")
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(title) API</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>\(HTML.style)</style></head><body><main>
      <h1>\(title) API</h1>
      \(HTML.markdown(document["info"]?["description"]?.text ?? ""))
      <p>For programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>
      \(overview)
      \(operations.map(section).joined(separator: "\n"))
      <h2 id="schemas">Schemas</h2>
      \(schemas)
      </main></body></html>

      """
  }

  private struct Operation {
    let method: String
    let path: String
    let json: JSONValue

    var id: String { json["operationId"]?.text ?? "" }
  }

  /// Tag by tag, and by path.
  private var operations: [Operation] {
    let all = members(document["paths"]).flatMap { path, item in
      Self.methods.compactMap { method in
        item[method].map { Operation(method: method.uppercased(), path: path, json: $0) }
      }
    }
    let tags = document["tags"]?.elements?.compactMap { $0["name"]?.text } ?? []
    return tags.flatMap { tag in all.filter { $0.json["tags"]?.elements?.first?.text == tag } }
  }

  private var overview: String {
    let rows = operations.map { operation in
      """
      <tr><td><code>\(operation.method)</code></td>
      <td><a href="#\(operation.id)"><code>\(HTML.escaped(operation.path))</code></a></td>
      <td>\(HTML.escaped(operation.json["summary"]?.text ?? ""))</td></tr>
      """
    }
    return "<table>\(rows.joined())</table>"
  }

  private func section(_ operation: Operation) -> String {
    let isOpen = operation.json["security"]?.elements?.isEmpty == true
    return """
      <section id="\(operation.id)">
      <h2><code>\(operation.method) \(HTML.escaped(operation.path))</code></h2>
      <p class="summary">\(HTML.escaped(operation.json["summary"]?.text ?? ""))\
      \(isOpen ? " · no token" : "")</p>
      \(HTML.markdown(operation.json["description"]?.text ?? ""))
      \(parameters(operation.json["parameters"]?.elements ?? []))
      \(body(operation.json["requestBody"]))
      \(responses(operation.json["responses"]))
      </section>
      """
  }

  private func parameters(_ parameters: [JSONValue]) -> String {
    guard !parameters.isEmpty else { return "" }
    let rows = parameters.map { parameter in
      """
      <tr><td><code>\(HTML.escaped(parameter["name"]?.text ?? ""))</code></td>
      <td>\(HTML.escaped(parameter["in"]?.text ?? ""))</td>
      <td>\(HTML.inline(parameter["description"]?.text ?? ""))</td>
      <td><code>\(HTML.json(parameter["schema"] ?? .null))</code></td></tr>
      """
    }
    return "<h3>Parameters</h3><table>\(rows.joined())</table>"
  }

  private func body(_ body: JSONValue?) -> String {
    guard let body else { return "" }
    let isRequired = body["required"] == true
    let forms = members(body["content"]).map { type, form in
      "<p><code>\(HTML.escaped(type))</code> \(schema(form["schema"]))</p>"
        + example(form["example"])
    }
    return "<h3>Body\(isRequired ? "" : " (may be missing)")</h3>" + forms.joined()
  }

  private func responses(_ responses: JSONValue?) -> String {
    let rows = members(responses).map { status, answer in
      let response = resolved(answer)
      let content = members(response["content"]).map { type, form in
        "<code>\(HTML.escaped(type))</code> "
          + (type == "application/problem+json" ? "" : schema(form["schema"]))
          + example(form["example"])
      }
      let headers = members(response["headers"]).map { name, header in
        "<br><code>\(HTML.escaped(name))</code>: \(HTML.inline(header["description"]?.text ?? ""))"
      }
      return """
        <tr><td><code>\(status)</code></td>
        <td>\(HTML.inline(response["description"]?.text ?? ""))\(headers.joined())</td>
        <td>\(content.joined())</td></tr>
        """
    }
    return "<h3>Answers</h3><table>\(rows.joined())</table>"
  }

  /// The answer that a reference stands for.
  private func resolved(_ answer: JSONValue) -> JSONValue {
    guard let name = answer["$ref"]?.text?.split(separator: "/").last else { return answer }
    return document["components"]?["responses"]?[String(name)] ?? .null
  }

  /// A link to a schema that has a name, or the schema.
  private func schema(_ schema: JSONValue?) -> String {
    guard let schema else { return "" }
    if let name = schema["$ref"]?.text?.split(separator: "/").last {
      return "<a href=\"#schema-\(name)\">\(name)</a>"
    }
    return "<pre>\(HTML.json(schema))</pre>"
  }

  private func example(_ example: JSONValue?) -> String {
    switch example {
    case nil: ""
    case .string(let text)?: "<pre>\(HTML.escaped(text))</pre>"
    case let value?: "<pre>\(HTML.json(value))</pre>"
    }
  }

  private var schemas: String {
    members(document["components"]?["schemas"]).map { name, schema in
      "<details id=\"schema-\(name)\" open><summary>\(name)</summary><pre>\(HTML.json(schema))</pre>"
        + "</details>"
    }.joined(separator: "\n")
  }

  private func members(_ value: JSONValue?) -> [(key: String, value: JSONValue)] {
    guard case .object(let members)? = value else { return [] }
    return members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
