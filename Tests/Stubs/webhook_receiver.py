#!/usr/bin/env python3
"""A receiver of webhooks that verifies them with the PyPI package `standardwebhooks`.

Binds 127.0.0.1, prints its port as its first line, and ends when its standard input closes. See
README.md beside it for the endpoints.
"""
import http.server, json, os, sys, threading, time, urllib.parse

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WAIT_LIMIT = 40.0

condition = threading.Condition()
hooks = {}


def hook(name):
    return hooks.setdefault(name, {"secrets": [], "statuses": [], "hang": 0, "log": []})


def verifies(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def reply(self, status, document=None, headers=()):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        kind, name = self.path.strip("/").split("/")
        with condition:
            state = hook(name)
            if kind == "control":
                state.update(json.loads(body))
                return self.reply(200, {})
            headers = {key.lower(): value for key, value in self.headers.items()}
            state["log"].append({
                "headers": headers, "body": json.loads(body),
                "verified": [verifies(secret, body, headers) for secret in state["secrets"]]})
            status = state["statuses"].pop(0) if state["statuses"] else 204
            condition.notify_all()
            hang = state["hang"]
        if hang:
            time.sleep(hang)
            self.close_connection = True
            return
        moved = [("Location", f"/hook/{name}-moved")] if status in range(300, 400) else []
        self.reply(status, None, moved)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        count = int(urllib.parse.parse_qs(url.query).get("count", ["0"])[0])
        name = url.path.strip("/").split("/")[1]
        with condition:
            condition.wait_for(lambda: len(hook(name)["log"]) >= count, WAIT_LIMIT)
            self.reply(200, hook(name)["log"])


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


main()
