import Foundation
import HTTP
import Jobs
import TestSupport

@testable import openclaw

/// A gateway in a process of its own whose jobs follow a script, chosen by the last digits of
/// their id or by their target's name.
struct ScriptedGateway {
  let port: Int
  private let http = HTTPClient()

  var url: String { "http://127.0.0.1:\(port)" }

  static func run<Value>(_ body: (ScriptedGateway) async throws -> Value) async throws -> Value {
    try await ScriptProcess.run(script) { try await body(ScriptedGateway(port: $0)) }
  }

  /// The requests so far: `{"method","path","headers","body"}`, header names in lower case.
  func requests() async throws -> [JSONValue] {
    let response = try await http.send(HTTPRequest(url: "\(url)/requests"))
    return try JSONValue(json: response.body).elements ?? []
  }

  /// Waits until a request hangs.
  func waitForHanging() async throws {
    _ = try await http.send(HTTPRequest(url: "\(url)/hanging"))
  }

  static func id(_ name: String) -> String { "0199c0de-0000-7000-8000-\(name)" }

  static let watched = id("000000000001")
  static let failing = id("000000000002")
  static let cancelled = id("000000000003")
  static let endless = id("000000000004")
  static let hanging = id("000000000005")
  static let missing = id("000000000404")
  static let down = id("000000000503")

  private static let script = #"""
    import http.server, json, os, sys, threading
    from urllib.parse import urlsplit, parse_qs
    requests, jobs, polls, counts = [], {}, {}, {}
    hanging = threading.Event()
    def at(s): return f"2026-11-22T13:10:{s:02d}.5Z"
    def job(id, state, **more):
        j = {"id": id, "target": "agent:main", "priority": "normal", "state": state, "input": "hi",
             "result": None, "error": None, "last_seq": 1, "open_steps": 1, "created_at": at(1),
             "started_at": None, "finished_at": None}
        j.update(more); return j
    def step(index, kind, target, state, **more):
        s = {"id": f"0199c0de-0000-7000-8000-0000000001{index:02d}", "index": index, "kind": kind,
             "target": target, "state": state, "attempt": 1, "crashes": 0, "input": None,
             "output": None, "error": None, "created_at": at(2), "started_at": at(2), "finished_at": None}
        s.update(more); return s
    def scripts(id):
        n = int(id[-3:])
        turn = step(0, "agent_turn", "agent:main", "running")
        turned = dict(turn, state="done", finished_at=at(3))
        read = step(1, "skill_call", "skill:files.read", "done", started_at=at(3), finished_at=at(4))
        boom = {"class": "bad_input", "code": "file_not_found", "message": "no \u001b[31mfile"}
        run = dict(started_at=at(2))
        return {
          1: [(job(id, "queued"), []), (job(id, "running", last_seq=2, **run), [turn]),
              (job(id, "waiting", last_seq=3, **run), [turned]),
              (job(id, "succeeded", last_seq=5, result="all \u001b]0;x\u0007done", finished_at=at(5), **run), [turned, read])],
          2: [(job(id, "failed", last_seq=3, error=boom, finished_at=at(5), **run), [])],
          3: [(job(id, "cancelled", last_seq=3, finished_at=at(5)), [])],
          4: [(job(id, "running", last_seq=2, **run), [turn])],
        }.get(n)
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def reply(self, status, value, headers=()):
            body = json.dumps(value).encode()
            self.send_response(status)
            for n, v in headers: self.send_header(n, v)
            self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
        def problem(self, status, type, detail, headers=(), **more):
            self.reply(status, dict({"type": "https://openclaw.dev/problems/" + type, "title": "Sorry",
                       "status": status, "detail": detail, "request_id": "r1"}, **more), headers)
        def handle_any(self):
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            url = urlsplit(self.path)
            if url.path == "/requests": return self.reply(200, requests)
            if url.path == "/hanging": hanging.wait(20); return self.reply(200, {})
            requests.append({"method": self.command, "path": self.path, "body": text,
                             "headers": {n.lower(): v for n, v in self.headers.items()}})
            if self.headers.get("Authorization") != "Bearer good":
                return self.problem(401, "unauthorized", "unknown token")
            parts = url.path.split("/")[3:]
            if parts == ["jobs"] and self.command == "POST": return self.enqueue(json.loads(text))
            if parts == ["jobs"]:
                page = [job("0199c0de-0000-7000-8000-000000000001", "queued"),
                        job("0199c0de-0000-7000-8000-000000000002", "failed", error={"class": "x", "code": "boom", "message": "a\nb"})]
                return self.reply(200, {"items": page, "next_cursor": "next="})
            return self.show(parts[1], parts[2:], url.query)
        def enqueue(self, request):
            name, key = request["target"].split(":")[1], self.headers["Idempotency-Key"]
            counts[key] = counts.get(key, 0) + 1
            if name == "busy" and counts[key] < 3:
                return self.problem(503, "unavailable", "later", [("Retry-After", str(counts[key]))])
            if name == "shut": return self.problem(503, "unavailable", "later", [("Retry-After", "3600")])
            if name == "conflict": return self.problem(409, "idempotency_in_flight", "first one runs")
            if name == "refused":
                return self.problem(422, "invalid", "bad", errors=[{"pointer": "/input", "detail": "too odd"}])
            made = jobs.setdefault(key, job("0199c0de-0000-7000-8000-000000000001", "queued", target=request["target"]))
            if name == "lost" and counts[key] == 1: self.close_connection = True; return
            if name == "lost" and counts[key] == 2: return self.problem(409, "idempotency_in_flight", "wait")
            if "Prefer" in self.headers: made = dict(made, state="succeeded", result={"bytes": 3})
            self.reply(202, made)
        def show(self, id, rest, query):
            if id.endswith("404"): return self.problem(404, "not_found", "no such job")
            if id.endswith("503"): return self.problem(503, "unavailable", "down", [("Retry-After", "0")])
            if id.endswith("005"): hanging.set(); self.rfile.read(1); self.close_connection = True; return
            script = scripts(id)
            if not rest: polls[id] = min(polls.get(id, -1) + 1, len(script) - 1)
            snapshot, steps = script[polls.get(id, 0)]
            self.reply(200, {"items": steps} if rest else snapshot, [("ETag", '"1"')])
        do_GET = do_POST = handle_any
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        def handle_error(self, request, address): pass
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_port)
    server.serve_forever()
    """#
}
