import HTTP
import Testing

/// An HTTP server in a process of its own, on a free port, that can misbehave.
struct ScriptedServer {
  let port: Int

  var url: String { "http://127.0.0.1:\(port)" }

  /// Expects that a path answers 200.
  func expectOK(
    _ path: String, _ client: HTTPClient, _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let status = try await client.send(HTTPRequest(url: url + path)).status
    #expect(status == 200, sourceLocation: location)
  }

  static func run<Value>(_ body: (ScriptedServer) async throws -> Value) async throws -> Value {
    try await ServerSlots.run(script) { try await body(ScriptedServer(port: $0)) }
  }

  /// Each path is one way to answer. `/gone` and `/seen` wait for what `/slow` and `/stuck` note.
  private static let script = #"""
    import http.server, json, os, socket, struct, sys, threading, time
    gone, seen = threading.Event(), threading.Event()
    connections = set()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass

        def reply(self, status, body, headers=()):
            self.send_response(status)
            for name, value in headers: self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body)

        def raw(self, text):
            self.wfile.write(text); self.wfile.flush(); self.close_connection = True

        def handle_any(self):
            connections.add(self.client_address)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            path, _, query = self.path.partition("?")
            if path == "/echo":
                about = {"method": self.command, "query": query, "body": body.decode("latin-1"),
                         "headers": [[n, v] for n, v in self.headers.items()]}
                self.reply(200, json.dumps(about).encode())
            elif path == "/bytes": self.reply(200, bytes(i % 251 for i in range(int(query))))
            elif path == "/mirror": self.reply(201, body)
            elif path == "/status": self.reply(int(query), b"sorry", [("Retry-After", "7")])
            elif path == "/redirect": self.reply(302, b"", [("Location", "/echo")])
            elif path == "/cookie": self.reply(200, b"", [("Set-Cookie", "a=b; Path=/")])
            elif path == "/connections": self.reply(200, str(len(connections)).encode())
            elif path == "/case":
                self.reply(200, b"", [("X-MiXed", "  one "), ("x-mixed", "two"), ("X-Empty", "")])
            elif path == "/early":
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                self.reply(200, b"late")
            elif path == "/cut": self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.")
            elif path == "/surplus": self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nten bytes.")
            elif path == "/bad-length": self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nten bytes.")
            elif path == "/chunk-cut":
                self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            elif path == "/trailer":
                self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n")
            elif path == "/nothing": self.close_connection = True
            elif path == "/reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            elif path == "/garbage": self.raw(b"\x00\x01 no http at all\r\n\r\n")
            elif path == "/head-flood":
                self.raw(b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"y" * 1000 + b"\r\n" * 1)
                try:
                    while True: self.wfile.write((b"X-Flood: " + b"y" * 1000 + b"\r\n") * 50)
                except OSError: pass
            elif path == "/flood":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                try:
                    while True: self.wfile.write(b"z" * 65536)
                except OSError: gone.set()
                self.close_connection = True
            elif path == "/stuck":
                seen.set()
                self.rfile.read(1)  # returns when the client has gone
                gone.set(); self.close_connection = True
            elif path == "/slow":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nfirst")
                self.wfile.flush(); seen.set()
                self.rfile.read(1)
                gone.set(); self.close_connection = True
            elif path == "/seen": self.reply(200 if seen.wait(20) else 504, b"")
            elif path == "/gone": self.reply(200 if gone.wait(20) else 504, b"")
            else: self.reply(404, b"")

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True
        def handle_error(self, request, address): pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_port)
    server.serve_forever()
    """#
}
