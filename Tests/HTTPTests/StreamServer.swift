import HTTP
import Testing

/// An HTTP server in a process of its own that answers piece by piece, when the test says so.
struct StreamServer {
  let port: Int
  // The test's signals must not wait behind what is tested.
  private let control = HTTPClient()

  var url: String { "http://127.0.0.1:\(port)" }

  static func run<Value>(_ body: (StreamServer) async throws -> Value) async throws -> Value {
    try await ServerSlots.run(script) { try await body(StreamServer(port: $0)) }
  }

  /// A streamed request to a path.
  func request(_ path: String, limits: HTTPRequest.Limits = .stream) -> HTTPRequest {
    HTTPRequest(url: url + path, limits: limits)
  }

  /// Lets the next gated piece go.
  func go() async throws { _ = try await ask("/go") }

  /// Waits until the client has closed the connection of a gated or silent answer.
  func expectClosed(_ location: SourceLocation = #_sourceLocation) async throws {
    #expect(try await ask("/closed") == "closed", sourceLocation: location)
  }

  /// What a control path answers.
  func ask(_ path: String) async throws -> String {
    let response = try await control.send(HTTPRequest(url: url + path))
    return String(decoding: response.body, as: UTF8.self)
  }

  /// - `/gated?n` sends n pieces, each when `/go` allows it, and then waits for the close.
  /// - `/silent` never answers; `/silent?text` answers that much of a body.
  /// - `/pour?n` sends n MiB; `/blocked` waits until it cannot go on, and says how much it sent.
  private static let script = #"""
    import gzip, http.server, os, select, socket, sys, threading, time
    permits, closed, blocked = threading.Semaphore(0), threading.Event(), threading.Event()
    poured, opened, idle = [0], [0], threading.Condition()
    barriers = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def setup(self):
            super().setup()
            with idle: opened[0] += 1
        def finish(self):
            with idle: opened[0] -= 1; idle.notify_all()
            try: super().finish()
            except OSError: pass
        def head(self, *headers):
            self.send_response(200)
            for name, value in headers: self.send_header(name, value)
            self.end_headers(); self.wfile.flush()
        def reply(self, text):
            body = text if isinstance(text, bytes) else text.encode()
            self.head(("Content-Length", str(len(body)))); self.wfile.write(body)
        def begin(self): self.head(("Transfer-Encoding", "chunked"))
        def piece(self, data): self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        def await_close(self):
            self.close_connection = True
            try: self.rfile.read(1)
            except OSError: pass
            closed.set()
        def pour(self, total):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
            self.head(("Content-Length", str(total)))
            self.connection.setblocking(False)
            block, sent = b"p" * 65536, 0
            while sent < total:
                if not select.select([], [self.connection], [], 1)[1]:
                    poured[0] = sent; blocked.set()
                    select.select([], [self.connection], [])
                try: sent += self.connection.send(block[:total - sent])
                except BlockingIOError: pass
            self.connection.setblocking(True)

        def handle_any(self):
            path, _, query = self.path.partition("?")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if path == "/gated":
                self.begin()
                for number in range(int(query)):
                    permits.acquire(); self.piece(b"piece %d" % number)
                self.await_close()
            elif path == "/gated-end":
                permits.acquire(); self.begin()
                for number in range(int(query)): self.piece(b"%d\n" % number)
                permits.acquire(); self.wfile.write(b"0\r\n\r\n")
            elif path == "/silent":
                if query: self.begin(); self.piece(query.encode())
                self.await_close()
            elif path == "/interim-silent":
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"); self.await_close()
            elif path == "/cut":
                self.begin(); self.piece(b"before"); self.close_connection = True
            elif path == "/pour": self.pour(int(query) << 20)
            elif path == "/together":
                barrier = barriers.setdefault(query, threading.Barrier(int(query)))
                self.begin()
                for number in range(5): barrier.wait(60); self.piece(b"%d" % number)
                self.wfile.write(b"0\r\n\r\n")
            elif path == "/drip":
                self.begin()
                try:
                    while True: self.piece(b"drop " * 200); time.sleep(0.005)
                except OSError: self.close_connection = True
            elif path in ("/gzip", "/bomb"):
                body = gzip.compress(b"unpacked" * 1000 if path == "/gzip" else bytes(64 << 20), 1)
                self.head(("Content-Encoding", "gzip"), ("Content-Length", str(len(body))))
                try: self.wfile.write(body)
                except OSError: self.close_connection = True
            elif path == "/head-of": self.head(("X-Pad", "y" * int(query)), ("Content-Length", "0"))
            elif path == "/events":
                self.head(("Content-Type", "text/event-stream"))
                self.wfile.write(b": hello\n\nid: 7\ndata: one\n\nevent: end\ndata: two\ndata: lines\n\ndata: cut")
                self.close_connection = True
            elif path == "/endless-event":
                self.head(("Content-Type", "text/event-stream"))
                try:
                    self.wfile.write(b"data: fits\n\n")
                    while True: self.wfile.write(b"data: " + b"x" * 1000 + b"\n")
                except OSError: self.close_connection = True; closed.set()
            elif path == "/go": permits.release(); self.reply("go")
            elif path == "/closed": self.reply("closed" if closed.wait(20) else "open")
            elif path == "/blocked": self.reply(str(poured[0]) if blocked.wait(20) else "flows")
            elif path == "/alone":
                with idle: alone = idle.wait_for(lambda: opened[0] <= 1, 20)
                self.reply("alone" if alone else str(opened[0]))
            elif path == "/connection": self.reply(str(self.client_address[1]))
            else: self.send_error(404)

        do_GET = do_POST = handle_any

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 1024
        daemon_threads = True
        def handle_error(self, request, address): pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_port)
    server.serve_forever()
    """#
}
