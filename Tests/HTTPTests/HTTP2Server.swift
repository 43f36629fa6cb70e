import Glibc
import HTTP
import Testing

/// An nghttpd (Debian package nghttp2-server), which speaks nothing but HTTP/2, with and without
/// TLS, under a certificate of its own.
struct HTTP2Server {
  let port: Int
  private let control = HTTPClient()

  /// Whether there is an nghttpd on the PATH.
  static var isInstalled: Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return path.split(separator: ":").contains { access("\($0)/nghttpd", X_OK) == 0 }
  }

  static func run<Value>(_ body: (HTTP2Server) async throws -> Value) async throws -> Value {
    try await ServerSlots.run(script) { try await body(HTTP2Server(port: $0)) }
  }

  /// Where files are served: `/small` with "small", and `/large`, 32 MiB of zeros.
  func url(_ scheme: String, _ path: String) async throws -> String {
    "\(scheme)://127.0.0.1:\(try await ask("/\(scheme)"))\(path)"
  }

  /// The file with the certificate to trust.
  func certificate() async throws -> String { try await ask("/certificate") }

  /// Waits until a client has ended a stream or the connection before an answer was whole.
  func expectEnd() async throws { #expect(try await ask("/ended") == "ended") }

  private func ask(_ path: String) async throws -> String {
    let response = try await control.send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
    return String(decoding: response.body, as: UTF8.self)
  }

  private static let script = #"""
    import ctypes, http.server, os, socket, subprocess, sys, tempfile, threading
    folder = tempfile.mkdtemp()
    # Outlives this process by a moment, to remove the folder.
    remover = subprocess.Popen(["sh", "-c", 'cat; rm -rf "$0"', folder],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with open(folder + "/small", "wb") as file: file.write(b"small")
    with open(folder + "/large", "wb") as file: file.truncate(32 << 20)
    key, certificate = folder + "/key.pem", folder + "/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    ended = threading.Event()

    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0)); return probe.getsockname()[1]

    def watch(output):
        asked = set()
        for line in output:
            connection = line.partition(b"]")[0]
            if b"recv HEADERS" in line: asked.add(connection)
            if b"recv RST_STREAM" in line: ended.set()
            if b"closed" in line and connection in asked: ended.set()

    def start(*options):
        port = free_port()
        process = subprocess.Popen(
            ["nghttpd", "-v", "-a", "127.0.0.1", "-d", folder, *options[:1], str(port), *options[1:]],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            # The kernel ends it with this process, however that ends.
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, 9))
        threading.Thread(target=watch, args=(process.stdout,), daemon=True).start()
        while True:
            try: socket.create_connection(("127.0.0.1", port)).close(); return str(port)
            except OSError:
                if process.poll() is not None: sys.exit(1)

    answers = {"/http": start("--no-tls"), "/https": start("--echo-upload", key, certificate),
               "/certificate": certificate}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def do_GET(self):
            text = answers.get(self.path) or ("ended" if ended.wait(20) else "goes on")
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers(); self.wfile.write(text.encode())

    def end():
        sys.stdin.read(); os._exit(0)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=end, daemon=True).start()
    print(server.server_port)
    server.serve_forever()
    """#
}
