#!/usr/bin/env python3
"""A stand-in for an OpenAI-compatible server: speaks the real protocol, and misbehaves to order.

    python3 openai_stub.py --port 0 --pace-ms 50

Binds 127.0.0.1, prints its port as its first line, and ends when its standard input closes.
Without a script it is a small model: it echoes, and calls a tool for `use files.read {"path": …}`
on a line of the last user message. See README.md beside it for the control endpoints.
"""
import argparse, base64, collections, http.server, itertools, json, os, re, select, socket
import struct, sys, threading, time, urllib.parse, zlib

FUNCTION_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
WAIT_LIMIT = 20.0


class ClientGone(Exception):
    """The client has closed its connection."""


class Cut(Exception):
    """The script wants the connection to end here."""


class State:
    """What control and completions share; all of it under one condition."""

    def __init__(self, options):
        self.options = options
        self.condition = threading.Condition()
        self.reset()

    def reset(self):
        self.script, self.log = collections.deque(), []
        self.permits, self.waiting = 0, 0
        self.file = None

    def write_to(self, path):
        """From now on, each request leaves a line in a file, on disk before it is answered."""
        with self.condition:
            self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write_down(self, entry):
        if self.file is None:
            return
        messages = entry["body"].get("messages") or []
        users = [text_of(m) for m in messages if m.get("role") == "user"]
        traces = {n: v for n, v in entry["headers"].items() if n.startswith("x-openclaw")}
        line = {"at": time.time(), "wish": (users or [""])[-1].split("\n")[0][:80], **traces,
                "turn": sum(m.get("role") == "assistant" for m in messages)}
        os.write(self.file, json.dumps(line).encode() + b"\n")
        os.fdatasync(self.file)
        # A long run's requests are in the file; in memory they would only pile up.
        entry["body"], entry["headers"] = None, None

    def begin(self, entry):
        self.write_down(entry)
        with self.condition:
            entry.update(id=len(self.log) + 1, received_at=time.monotonic(), bytes_sent=0,
                         outcome=None, cut_at=None, ended_at=None)
            self.log.append(entry)
            self.condition.notify_all()
            return self.script.popleft() if self.script else None

    def end(self, entry, outcome):
        with self.condition:
            entry["outcome"], entry["ended_at"] = outcome, time.monotonic()
            if outcome == "client_cut":
                entry["cut_at"] = entry["ended_at"]
            self.condition.notify_all()

    def await_change(self, predicate, connection=None, seconds=WAIT_LIMIT):
        """Waits; with a connection, only while its client is there."""
        deadline = time.monotonic() + seconds
        with self.condition:
            while not predicate():
                if time.monotonic() > deadline:
                    return False
                self.condition.wait(0.01 if connection else 0.5)
                if connection and is_gone(connection):
                    raise ClientGone
        return True

    def take_permit(self, connection):
        with self.condition:
            self.waiting += 1
            self.condition.notify_all()
        try:
            if not self.await_change(lambda: self.permits > 0, connection):
                raise Cut
            with self.condition:
                self.permits -= 1
        finally:
            with self.condition:
                self.waiting -= 1
                self.condition.notify_all()


def is_gone(connection, seconds=0):
    """Whether the client has left; waits as long for it to do so."""
    readable, _, _ = select.select([connection], [], [], seconds)
    if not readable:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def rest(connection, seconds=600):
    """Does nothing for a while, as long as the client is there."""
    if is_gone(connection, seconds):
        raise ClientGone


# What the real server refuses ------------------------------------------------------------------


def complaint(body):
    """Why a request body is refused, as (message, parameter), or None."""
    if not isinstance(body, dict):
        return "We could not parse the JSON body of your request.", None
    if not isinstance(body.get("model"), str):
        return "you must provide a model parameter", "model"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "Invalid 'messages': expected a non-empty array.", "messages"
    for number, tool in enumerate(body.get("tools") or []):
        place = f"tools[{number}].function"
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            return f"Invalid '{place}'.", place
        if not FUNCTION_NAME.match(str(function.get("name", ""))):
            return (f"Invalid '{place}.name': string does not match pattern. Expected a string "
                    "that matches the pattern '^[a-zA-Z0-9_-]+$'."), place + ".name"
        parameters = function.get("parameters", {"type": "object"})
        if not isinstance(parameters, dict) or parameters.get("type") != "object":
            return (f"Invalid schema for function '{function['name']}': schema must be a JSON "
                    "Schema of 'type: \"object\"'."), place + ".parameters"
    names = [tool["function"]["name"] for tool in body.get("tools") or []]
    if len(set(names)) != len(names):
        return "Invalid 'tools': function names must be unique.", "tools"
    if body.get("stream_options") is not None and not body.get("stream"):
        return "The 'stream_options' parameter is only allowed when 'stream' is enabled.", \
            "stream_options"
    return complaint_about_messages(messages)


def complaint_about_messages(messages):
    owed = []
    for number, message in enumerate(messages):
        place = f"messages[{number}]"
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant", "tool"):
            return f"Invalid value for '{place}.role'.", place + ".role"
        if role == "tool":
            if message.get("tool_call_id") not in owed:
                return ("Invalid parameter: messages with role 'tool' must be a response to a "
                        "preceeding message with 'tool_calls'."), place + ".role"
            owed.remove(message["tool_call_id"])
        elif owed:
            break
        calls = message.get("tool_calls") if role == "assistant" else None
        if calls is not None:
            if not calls:
                return f"Invalid '{place}.tool_calls': empty array.", place + ".tool_calls"
            for call in calls:
                function = call.get("function", {})
                if not FUNCTION_NAME.match(str(function.get("name", ""))) \
                        or not isinstance(function.get("arguments"), str) \
                        or call.get("type") != "function" or not isinstance(call.get("id"), str):
                    return f"Invalid '{place}.tool_calls'.", place + ".tool_calls"
                owed.append(call["id"])
        elif not isinstance(message.get("content"), (str, list)):
            return f"Invalid value for '{place}.content': expected a string.", place + ".content"
    if owed:
        return ("An assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                "response messages: " + ", ".join(owed)), "messages"
    return None


# The small model --------------------------------------------------------------------------------


def text_of(message):
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)


def small_model(body):
    """A script that answers the conversation; the same for the same conversation."""
    messages = body["messages"]
    last = max((i for i, m in enumerate(messages) if m["role"] == "user"), default=-1)
    wish = text_of(messages[last]) if last >= 0 else ""
    results = [text_of(m) for m in messages[last + 1:] if m["role"] == "tool"]
    if results:
        return {"text": "The tool said: " + " | ".join(results)}
    offered = {tool["function"]["name"] for tool in body.get("tools") or []}
    calls = []
    for line in wish.splitlines():
        found = re.match(r"\s*use\s+(\S+)\s*(\{.*\})?\s*$", line)
        name = re.sub(r"[^A-Za-z0-9_-]", "_", found.group(1)) if found else None
        if name in offered:
            calls.append({"id": f"call_stub_{len(messages)}_{len(calls)}", "name": name,
                          "arguments": found.group(2) or "{}",
                          # What another agent is told is long; it need not take long to say.
                          "split": 64 if name.startswith("delegate_") else 4})
    return {"calls": calls} if calls else {"text": f"You said: {wish}"}


def count(text):
    return max(1, len(re.findall(r"\S+", text))) if text else 0


# From a script to what is sent ------------------------------------------------------------------


class Answer:
    """The pieces of one scripted answer, each a list of bytes to send and what to wait for."""

    def __init__(self, script, body):
        self.script, self.body = script, body
        self.id = f"chatcmpl-stub{zlib.crc32(json.dumps(body, sort_keys=True).encode()):08x}"
        self.model = script.get("model", body.get("model", "stub"))
        self.calls = script.get("calls", [])
        self.text = "".join(self.text_pieces())
        default = "tool_calls" if self.calls else "stop"
        self.finish = script.get("finish", default)

    def text_pieces(self):
        if "text" in self.script:
            return re.findall(r"\s*\S+\s*|\s+", self.script["text"])
        return [p if isinstance(p, str) else p.get("text", "") for p in self.script.get("pieces", [])]

    def usage(self):
        given = self.script.get("usage", True)
        if isinstance(given, dict):
            return given
        prompt = sum(count(text_of(m)) for m in self.body.get("messages", []))
        said = count(self.text) + sum(count(str(c.get("arguments", ""))) for c in self.calls)
        return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}

    def chunk(self, delta, finish=None, **more):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self.event({**self.head("chat.completion.chunk"), "choices": [choice], **more})

    def head(self, kind):
        return {"id": self.id, "object": kind, "created": 1700000000, "model": self.model,
                "system_fingerprint": "fp_stub", "service_tier": "default"}

    @staticmethod
    def event(value):
        return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"

    def document(self):
        message = {"role": "assistant", "content": self.text or None, "refusal": None}
        if self.calls:
            message["tool_calls"] = [
                {"id": c["id"], "type": "function",
                 "function": {"name": c["name"], "arguments": self.arguments(c)}}
                for c in self.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        document = {**self.head("chat.completion"), "choices": [choice]}
        if self.script.get("usage", True):
            document["usage"] = self.usage()
        return json.dumps(document).encode()

    @staticmethod
    def arguments(call):
        given = call.get("arguments", "")
        return given if isinstance(given, str) else json.dumps(given)

    def pieces(self):
        """Yields (bytes, pause in ms, is gated, action)."""
        script, gate, pause = self.script, self.script.get("gate", False), self.script.get("pause_ms")
        if script.get("role_chunk", True):
            yield self.chunk({"role": "assistant", "content": "", "refusal": None}), 0, False, None
        listed = script.get("pieces", self.text_pieces())
        for piece in listed:
            piece = {"text": piece} if isinstance(piece, str) else piece
            yield (self.piece(piece), piece.get("pause_ms", pause), piece.get("gate", gate),
                   piece.get("then"))
        for delta in self.call_deltas():
            yield self.chunk(delta), pause, gate, None
        while "endless" in script:
            yield self.chunk({"content": script["endless"]}), pause, gate, None
        if self.finish:
            yield self.chunk({}, self.finish), 0, False, None
        wanted = (self.body.get("stream_options") or {}).get("include_usage")
        given = script.get("usage", True)
        if isinstance(given, dict) or given and wanted:
            last = {**self.head("chat.completion.chunk"), "choices": [], "usage": self.usage()}
            yield self.event(last), 0, False, None
        for _ in range(int(script.get("done", 1))):
            yield b"data: [DONE]\n\n", 0, False, None

    def piece(self, piece):
        """One entry of `pieces`: text, refusal, delta, chunk, error, comment, raw, raw_base64."""
        if "text" in piece:
            return self.chunk({"content": piece["text"]})
        if "refusal" in piece:
            return self.chunk({"refusal": piece["refusal"]})
        if "delta" in piece:
            return self.chunk(piece["delta"], piece.get("finish"))
        if "chunk" in piece:
            return self.event(piece["chunk"])
        if "error" in piece:
            return self.event({"error": piece["error"]})
        if "comment" in piece:
            return b": " + piece["comment"].encode() + b"\n\n"
        if "raw_base64" in piece:
            return base64.b64decode(piece["raw_base64"])
        return piece.get("raw", "").encode()

    def call_deltas(self):
        """The calls in fragments: their heads, then their arguments in turns, as `split` says."""
        tails = []
        for index, call in enumerate(self.calls):
            function = {"name": call["name"], "arguments": ""}
            yield {"tool_calls": [{"index": index, "id": call["id"], "type": "function",
                                   "function": function}]}
            text, size = self.arguments(call), int(call.get("split", 4))
            tails.append([(index, text[i:i + size]) for i in range(0, len(text), size)])
        for turn in itertools.zip_longest(*tails):
            for fragment in filter(None, turn):
                yield {"tool_calls": [{"index": fragment[0],
                                       "function": {"arguments": fragment[1]}}]}


# HTTP -------------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "openai-stub"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    @property
    def state(self):
        return self.server.state

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/control/log":
            with self.state.condition:
                self.reply(200, {"now": time.monotonic(), "requests": self.state.log})
        elif url.path == "/control/wait":
            self.reply(*self.wait_for(query))
        elif url.path.endswith("/models"):
            model = {"id": "stub", "object": "model", "created": 1700000000, "owned_by": "stub"}
            self.reply(200, {"object": "list", "data": [model]})
        else:
            self.fail(404, f"Invalid URL (GET {url.path})")

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            return self.fail(400, "We could not parse the JSON body of your request.")
        if path == "/control":
            self.control(body)
        elif path == "/control/go":
            with self.state.condition:
                self.state.permits += int(body.get("count", 1))
                self.state.condition.notify_all()
            self.reply(200, {})
        elif path.endswith("/chat/completions"):
            self.complete(body)
        else:
            self.fail(404, f"Invalid URL (POST {path})")

    def control(self, body):
        """A list of behaviours, or {"script": […], "reset": bool, "pace_ms", "log_file"}."""
        script = body if isinstance(body, list) else body.get("script", [])
        if isinstance(body, dict):
            self.state.options.pace_ms = body.get("pace_ms", self.state.options.pace_ms)
            if body.get("log_file"):
                self.state.write_to(body["log_file"])
        with self.state.condition:
            if isinstance(body, dict) and body.get("reset"):
                self.state.reset()
            self.state.script.extend(script)
            self.state.condition.notify_all()
        self.reply(200, {})

    def wait_for(self, query):
        """seen=N, ended=N: the Nth request; waiting=N: so many pieces at the gate."""
        state = self.state
        tests = {
            "seen": lambda n: len(state.log) >= n,
            "ended": lambda n: len(state.log) >= n and state.log[n - 1]["outcome"] is not None,
            "waiting": lambda n: state.waiting >= n,
        }
        for name, value in query.items():
            if not state.await_change(lambda: tests[name](int(value))):
                return 504, {"error": {"message": f"{name}={value} did not come"}}
        with state.condition:
            number = int(query.get("ended") or query.get("seen") or 0)
            return 200, dict(state.log[number - 1]) if number else {}

    # Completions

    def complete(self, body):
        headers = {name.lower(): value for name, value in self.headers.items()}
        entry = {"path": self.path, "client": "%s:%d" % self.client_address[:2],
                 "headers": headers, "body": body}
        script = self.state.begin(entry)
        try:
            self.state.end(entry, self.behave(script, body, entry))
        except (ClientGone, OSError):
            self.close_connection = True
            self.state.end(entry, "client_cut")
        except Cut:
            self.close_connection = True
            self.state.end(entry, "cut")

    def behave(self, script, body, entry):
        if script is None:
            script = {"pause_ms": self.state.options.pace_ms}
            refusal = self.refusal(body)
            if refusal:
                self.fail(*refusal)
                return "refused"
            script.update(small_model(body))
        elif script.get("check", True) and complaint(body):
            self.fail(400, *complaint(body))
            return "refused"
        self.before_head(script)
        if script.get("status", 200) != 200 or "body" in script:
            self.reply(script.get("status", 200), script.get("body", {}), script.get("headers", {}))
            return "scripted"
        answer = Answer(script, body)
        if not body.get("stream") or script.get("stream") is False:
            self.reply(200, answer.document(), script.get("headers", {}))
            return "answered"
        self.stream(answer, entry)
        return "answered"

    def refusal(self, body):
        key = self.state.options.api_key
        given = self.headers.get("Authorization", "")
        if key and given != f"Bearer {key}":
            shown = given.removeprefix("Bearer ")
            return 401, f"Incorrect API key provided: {shown[:6]}***.", None, "invalid_api_key"
        found = complaint(body)
        if found:
            return 400, *found
        if body["model"].startswith("no-such"):
            return (404, f"The model `{body['model']}` does not exist.", None, "model_not_found")
        return None

    def before_head(self, script):
        before = script.get("before")
        if before == "reset":
            self.reset_connection()
        if before == "close":
            raise Cut
        if before == "gate":
            self.state.take_permit(self.connection)
        if before == "hang":
            rest(self.connection)

    def stream(self, answer, entry):
        script = answer.script
        self.begin_stream(script)
        if script.get("close_after_head"):
            raise Cut
        room = script.get("cut_after_bytes")
        for data, pause, gated, action in answer.pieces():
            if gated:
                self.state.take_permit(self.connection)
            if pause:
                rest(self.connection, pause / 1000)
            if room is not None:
                data, room = data[:room], room - len(data[:room])
            self.send_data(data, script, entry)
            if action == "hang":
                rest(self.connection)
            if action == "reset":
                self.reset_connection()
            if action == "cut" or room == 0:
                raise Cut
        if script.get("framing") != "close":
            self.wfile.write(b"0\r\n\r\n")

    def begin_stream(self, script):
        self.send_response(200)
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache",
                   "x-request-id": "req_stub", **script.get("headers", {})}
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        if script.get("framing") == "close":
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def send_data(self, data, script, entry):
        size = script.get("write_bytes") or max(1, len(data))
        for start in range(0, len(data), size):
            part = data[start:start + size]
            if script.get("framing") != "close":
                part = b"%x\r\n%s\r\n" % (len(part), part)
            self.wfile.write(part)
            self.wfile.flush()
            entry["bytes_sent"] += min(size, len(data) - start)
        # A client that has left shows when it is written to, or here.
        if is_gone(self.connection):
            raise ClientGone

    def reset_connection(self):
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Cut

    # Whole answers

    def fail(self, status, message, parameter=None, code=None):
        kind = "invalid_request_error"
        error = {"message": message, "type": kind, "param": parameter, "code": code}
        self.reply(status, {"error": error})

    def reply(self, status, body, headers=None):
        data = body if isinstance(body, bytes) else (
            body.encode() if isinstance(body, str) else json.dumps(body).encode())
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request, address):
        pass

    def shutdown_request(self, request):
        # As the base class does, but without a FIN before the RST that a script asked for.
        try:
            linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
            if struct.unpack("ii", linger) != (1, 0):
                request.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.close_request(request)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--pace-ms", type=int, default=0, help="before each piece of text")
    parser.add_argument("--api-key", help="refuse requests with any other key")
    options = parser.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    server.state = State(options)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
