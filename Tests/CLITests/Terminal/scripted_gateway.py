"""A gateway whose jobs follow a script, chosen by the last digits of their id or by their target.

Prints its port, then serves until its standard input closes. `GET /requests` tells what it was
asked; `GET /hanging` waits until a request hangs.
"""
import http.server, json, os, sys, threading, time
from urllib.parse import urlsplit, parse_qs

from scripted_operations import Operations, pauses

requests, made, counts, ended, stopping = [], {}, {}, set(), set()
hanging = threading.Event()
pools = {"agent.main": {"workers": 1, "desired": 1, "managed": True},
         "skill.files": {"workers": 1, "desired": None, "managed": False}}
BOOM = {"class": "bad_input", "code": "file_not_found", "message": "no \u001b[31mfile"}
TERMS = {"timeouts": {"queue": "10m", "step": "1m30s"}, "max_attempts": 2, "unique_key": "k",
         "unique_scope": "target", "unique_for": "1d",
         "wait_for": {"signal": "go", "timeout": "2h"}}
BUSY = {"class": "transient", "code": "busy", "message": "not \u001b[31mnow"}
RESULT = "all \u001b]0;x\u0007done"
WORKER = "0199c0de-0000-7000-8000-00000000aa01"


def at(second):
    return f"2026-11-22T13:10:{second:02d}.500Z"


def step_id(index):
    return f"0199c0de-0000-7000-8000-0000000001{index:02d}"


def job(id, state, **more):
    document = {"id": id, "target": "agent:main", "priority": "normal", "state": state,
                "input": "hi", "result": None, "error": None, "last_seq": 1, "open_steps": 1,
                "created_at": at(1), "started_at": None, "finished_at": None,
                "cancel_requested_at": None, "retry_of": None}
    document.update(more)
    return document


def step(index, kind, target, state, **more):
    document = {"id": step_id(index), "index": index, "kind": kind, "target": target,
                "state": state, "attempt": 1, "crashes": 0, "input": None, "output": None,
                "error": None, "created_at": at(2), "started_at": at(2), "finished_at": None}
    document.update(more)
    return document


def change(index, kind, target, state, attempt=1, **more):
    return ("job.step", {"step": step_id(index), "index": index, "kind": kind, "target": target,
                         "state": state, "attempt": attempt, **more})


def delta(index, offset, text, attempt=1, length=None):
    data = {"step": step_id(index), "attempt": attempt, "offset": offset,
            "length": length or len(text.encode())}
    if text is not None and length is None:
        data["text"] = text
    return ("job.delta", data)


QUEUED, STARTED, WAITING = (("job." + n, {"state": s}) for n, s in
                            (("queued", "queued"), ("started", "running"), ("waiting", "waiting")))
TURN = ("agent_turn", "agent:main")
READ = ("skill_call", "skill:files.read")


def over(state, result=None, error=None):
    return ("job." + state, {"state": state, "result": result, "error": error})


def number(id):
    return int(id[-3:])


def history(id):
    """(second, sequenced, event) in order; live text has no number."""
    live, kept = False, True
    return {
        1: [(1, kept, QUEUED), (2, kept, STARTED), (3, live, delta(0, 0, "I read ")),
            (3, live, delta(0, 7, "it.")), (3, kept, delta(0, 0, None, length=10)),
            (3, kept, change(0, *TURN, "done")), (3, kept, WAITING),
            (4, kept, change(1, *READ, "done")), (5, live, delta(2, 4, "\u001b]0;x\u0007done")),
            (5, live, delta(2, 0, "all \u001b]")), (5, kept, change(2, *TURN, "done")),
            (5, kept, over("succeeded", RESULT))],
        2: [(1, kept, QUEUED), (2, kept, STARTED), (5, kept, over("failed", error=BOOM))],
        3: [(1, kept, QUEUED), (5, kept, over("cancelled"))],
        4: [(1, kept, QUEUED), (2, kept, STARTED)],
        6: [(1, kept, QUEUED), (2, kept, STARTED), (3, live, delta(0, 0, "one ")),
            (3, live, delta(0, 4, "two")), (3, kept, delta(0, 0, "one two three")),
            (5, kept, over("succeeded", "one two three"))],
        7: [(1, kept, QUEUED), (2, kept, STARTED), (3, live, delta(0, 0, "wrong")),
            (4, kept, change(0, *TURN, "pending", error=BUSY, retry_at=at(5))),
            (5, live, delta(0, 0, "right", attempt=2)),
            (5, live, delta(0, 5, "wrong", attempt=1)),
            (5, kept, change(0, *TURN, "done", attempt=2)),
            (5, kept, over("succeeded", "right"))],
        8: [(1, kept, QUEUED), (2, kept, STARTED)]
           + [(3, live, delta(0, 6 * n, f"word{n} ")) for n in range(10)]
           + [(4, kept, change(0, *TURN, "done")), (4, kept, WAITING),
              (5, kept, change(1, *READ, "done")), (6, live, delta(2, 0, "日本 the end")),
              (7, kept, change(2, *TURN, "done")),
              (7, kept, over("succeeded", "日本 the end"))],
    }.get(number(id), [(1, kept, QUEUED), (5, kept, over("succeeded", "done"))])


def lane(pool, priority, ready, **more):
    document = {"lane": f"{pool}.{priority}", "queue": f"openclaw.{pool}.{priority}", "pool": pool,
                "priority": priority, "ready": ready, "running": 1 if ready else 0, "held": {},
                "due_later": 0, "dead": 0, "unconfirmed": 0,
                "oldest_age_seconds": 1.5 if ready else None, "rate_in": 0.25, "rate_out": 0.5,
                "consumers": 1, "broker": {"messages": ready, "consumers": 1},
                "rung": 3, "surplus": 1,
                "paused": pauses.get(f"lane:{pool}.{priority}") or pauses.get("pool:" + pool)}
    document.update(more)
    return document


def lanes():
    counts["lanes"] = counts.get("lanes", 0) + 1
    priorities = ("urgent", "high", "normal", "low")
    return [lane(p, n, (counts["lanes"] % 9 + 3 if (p, n) == ("agent.main", "normal") else 0))
            for p in sorted(pools) for n in priorities]


def reconciler(pool):
    lost = ["0199c0de-0000-7000-8000-000000000002"] if pool == "agent.lost" else []
    return {"rung": 3, "surplus": 1, "orphans": len(lost), "orphan_jobs": lost, "looked_at": 9,
            "swept_at": at(8)}


def worker(state="running"):
    return {"id": WORKER, "state": "draining" if WORKER in stopping else state,
            "pools": ["agent.main"], "slots": 4, "busy": 1, "host": "box", "pid": 42,
            "version": "0.1.0", "started_at": at(1), "seen_at": at(9),
            "steps": [{"step": step_id(0), "job": None, "target": "agent:main",
                       "priority": "normal", "started_at": at(5)}]}


def pool(name):
    p = pools[name]
    if p["desired"] is not None:
        p["workers"] += (p["desired"] > p["workers"]) - (p["desired"] < p["workers"])
    return {"pool": name, "desired": p["desired"], "managed": p["managed"],
            "workers": p["workers"], "slots": 4 * p["workers"], "running": 1, "ready": 2,
            "targets": [name.replace(".", ":", 1)], "paused": pauses.get("pool:" + name)}


class Handler(Operations, http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    document = staticmethod(job)

    def log_message(self, *arguments):
        pass

    def reply(self, status, value, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status, type, detail, headers=(), **more):
        self.reply(status, dict({"type": "https://openclaw.dev/problems/" + type,
                                 "title": "Sorry", "status": status, "detail": detail,
                                 "request_id": "r1"}, **more), headers)

    def handle_any(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        if url.path == "/requests":
            return self.reply(200, requests)
        if url.path == "/hanging":
            hanging.wait(20)
            return self.reply(200, {})
        if url.path in ("/healthz", "/readyz"):
            return self.reply(200, {"status": "ok", "checks": []})
        requests.append({"method": self.command, "path": self.path, "body": text,
                         "headers": {n.lower(): v for n, v in self.headers.items()}})
        if self.headers.get("Authorization") != "Bearer good":
            return self.problem(401, "unauthorized", "unknown token")
        parts = url.path.split("/")[3:]
        getattr(self, parts[0])(parts[1:], text, url.query)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def jobs(self, rest, text, query):
        if not rest and self.command == "POST":
            return self.enqueue(json.loads(text))
        if not rest:
            page = [job("0199c0de-0000-7000-8000-000000000001", "queued"),
                    job("0199c0de-0000-7000-8000-000000000002", "failed",
                        error={"class": "x", "code": "boom", "message": "a\nb"})]
            return self.reply(200, {"items": page, "next_cursor": "next="})
        if rest == ["batch"]:
            return self.batch(text)
        id, verb = rest[0], rest[1] if len(rest) > 1 else None
        if id.endswith("404"):
            return self.problem(404, "not_found", "no such job")
        if id.endswith("503"):
            return self.problem(503, "unavailable", "down", [("Retry-After", "0")])
        if id.endswith("005"):
            hanging.set()
            self.rfile.read(1)
            self.close_connection = True
            return
        if verb == "events":
            return self.events(id)
        if verb == "steps":
            turn = step(0, *TURN, "running", attempt=2, crashes=1) if id.endswith("010") else \
                step(0, *TURN, "running")
            if id.endswith("008"):
                more = "cursor=" not in query
                turn = step(0 if more else 1, *TURN, "done" if more else "running")
                return self.reply(200, {"items": [turn], "next_cursor": "c=" if more else None})
            return self.reply(200, {"items": [turn]})
        if verb == "cancel":
            return self.cancel(id)
        if verb == "retry":
            if id.endswith("001"):
                return self.problem(409, "job_succeeded", "the job has succeeded")
            return self.reply(202, job("0199c0de-0000-7000-8000-000000000001", "queued",
                                       retry_of=id))
        if verb == "signals":
            return self.signals(id, rest[2:], text)
        if verb or self.command == "PATCH":
            return self.job_command(id, verb, text)
        if "wait=" in query and not id.endswith("004"):
            ended.add(id)
        if "wait=" in query and id in stopping:
            ended.add(id)
        self.reply(200, self.now(id), [("ETag", '"1"')])

    def now(self, id):
        n, run = number(id), {"started_at": at(2)}
        if n == 2:
            return job(id, "failed", last_seq=3, error=BOOM, finished_at=at(5), **run)
        if n == 3:
            return job(id, "cancelled", last_seq=3, finished_at=at(5),
                       result={"text": "half of", "partial": True})
        if n == 9:
            return job(id, "succeeded", target="skill:files.read", result={"bytes": 3},
                       finished_at=at(5), **run)
        if id in stopping and id in ended:
            return job(id, "cancelled", finished_at=at(5), cancel_requested_at=at(4),
                       result={"text": "half of", "partial": True}, **run)
        if n == 4:
            return job(id, "running", last_seq=2, **run)
        if id in ended:
            end = history(id)[-1][2][1]
            return job(id, end["state"], last_seq=9, result=end["result"], error=end["error"],
                       finished_at=at(5), **run)
        if n == 10:
            return job(id, "running", retry_of=id[:-3] + "002", webhook_id=id[:-3] + "0ff", **run)
        return job(id, "queued", **(TERMS if n == 8 else {}))

    def cancel(self, id):
        if id.endswith("001"):
            return self.problem(409, "job_over", "the job has succeeded")
        if id.endswith("003"):
            return self.reply(200, self.now(id))
        stopping.add(id)
        self.reply(202, dict(self.now(id), cancel_requested_at=at(4)), [("Retry-After", "1")])

    def events(self, id):
        n, last = number(id), int(self.headers.get("Last-Event-ID") or 0)
        counts[id] = counts.get(id, 0) + 1
        if n == 6 and counts[id] == 2:
            return self.problem(503, "unavailable", "restarting", [("Retry-After", "0")])
        script = []
        sequence = 0
        for index, (second, kept, (type, data)) in enumerate(history(id)):
            sequence += kept
            key = sequence if kept else f"{step_id(0)}/1/{index}"
            script.append((sequence if kept else None, {
                "specversion": "1.0", "id": f"{id}/{key}", "source": f"/api/v1/jobs/{id}",
                "type": type, "subject": id, "time": at(second),
                "datacontenttype": "application/json", "data": data}))
        last_sequence = sequence
        script = [(s, e) for s, e in script if s is None or s > last]
        if last >= last_sequence and n != 4:
            self.send_response(204)
            return self.end_headers()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk("retry: 1000\n\n: alive\n\n")
        for position, (sequence, event) in enumerate(script):
            if n == 6 and counts[id] == 1 and position == 3:
                self.close_connection = True
                return
            if n == 8:
                time.sleep(0.12)
            if sequence == last_sequence and n != 4:
                ended.add(id)
            number_line = f"id: {sequence}\n" if sequence else ""
            self.chunk(f"{number_line}event: {event['type']}\ndata: {json.dumps(event)}\n\n")
        if n == 4:
            while True:
                time.sleep(1)
                self.chunk(": alive\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def enqueue(self, request):
        name, key = request["target"].split(":")[1], self.headers["Idempotency-Key"]
        counts[key] = counts.get(key, 0) + 1
        if name == "busy" and counts[key] < 3:
            return self.problem(503, "unavailable", "later", [("Retry-After", str(counts[key]))])
        if name == "shut":
            return self.problem(503, "unavailable", "later", [("Retry-After", "3600")])
        if name == "unknown":
            return self.problem(422, "unknown_target", "nobody serves it",
                                known=["agent:main", "skill:files.read"])
        if name == "vanish":
            self.server.shutdown()
            self.server.server_close()
            self.close_connection = True
            return
        if name == "conflict":
            return self.problem(409, "idempotency_in_flight", "first one runs")
        if name == "refused":
            return self.problem(422, "invalid", "bad",
                                errors=[{"pointer": "/input", "detail": "too odd"}])
        id = f"0199c0de-0000-7000-8000-000000000{ {'slow': 8, 'endless': 4, 'gone': 5}.get(name, 1):03d}"
        document = made.setdefault(key, job(id, "queued", target=request["target"]))
        if name == "lost" and counts[key] == 1:
            self.close_connection = True
            return
        is_duplicate = request.get("unique_key") == "taken"
        self.reply(202, document, [("Unique-Duplicate", "true")] if is_duplicate else [])

    def batch(self, text):
        items, key = [], self.headers["Idempotency-Key"]
        if "agent:cut" in text:
            self.close_connection = True
            return
        for index, line in enumerate(l for l in text.split("\n") if l.strip()):
            try:
                request = json.loads(line)
            except ValueError:
                items.append({"index": index, "status": 400, "problem": {"detail": "not JSON"}})
                continue
            if request["target"] == "agent:refused":
                items.append({"index": index, "status": 422, "problem": {
                    "detail": "bad", "errors": [{"pointer": "/input", "detail": "too odd"}]}})
                continue
            if request["target"] == "agent:later":
                items.append({"index": index, "status": 503, "problem": {"detail": "later"}})
                continue
            id = f"0199c0de-0000-7000-8000-{1000 + index:012d}"
            items.append({"index": index, "status": 202, "job": job(id, "queued")})
        good = sum(i["status"] == 202 for i in items)
        self.reply(200, {"accepted": good, "rejected": len(items) - good, "items": items})

    def queues(self, rest, text, query):
        if not rest:
            wanted = parse_qs(query).get("pool", [None])[0]
            return self.reply(200, {"items": [l for l in lanes() if wanted in (None, l["pool"])],
                                    "sampled_at": at(9), "reconciler": reconciler(wanted)})
        if len(rest) > 1:
            return self.queue_command(rest, text, query)
        for found in lanes():
            if rest[0] in (found["lane"], found["queue"]):
                return self.reply(200, found)
        if rest[0] in pools:
            found = [l for l in lanes() if l["pool"] == rest[0]]
            return self.reply(200, dict(
                {k: v for k, v in found[0].items() if k not in ("lane", "queue", "priority")},
                lanes=found))
        self.problem(404, "queue_not_found", "no such pool or lane")

    def whoami(self, rest, text, query):
        self.reply(200, {
            "user": {"id": WORKER, "name": "alice"},
            "role": {"name": "operator", "targets": ["agent:*", "skill:*"], "may_operate": True,
                     "maximum_priority": "urgent", "weight": 1},
            "token": {"id": step_id(1), "name": "cli", "created_at": at(1),
                      "expires_at": "2099-11-22T13:10:00.000Z"}})

    def workers(self, rest, text, query):
        if not rest:
            return self.reply(200, {"items": [worker()]})
        if rest[0] != WORKER:
            return self.problem(404, "worker_not_found", "no such worker")
        stopping.add(WORKER)
        self.reply(202, worker())

    def pools(self, rest, text, query):
        if not rest:
            return self.reply(200, {"items": [pool(n) for n in sorted(pools)]})
        if rest[0] not in pools:
            return self.problem(404, "pool_not_found", "no such pool")
        if self.command == "PUT":
            if not pools[rest[0]]["managed"]:
                return self.problem(409, "pool_not_managed",
                                    "nothing starts and stops workers of this pool; start them "
                                    "by hand: openclaw-worker --pool " + rest[0])
            pools[rest[0]]["desired"] = json.loads(text)["workers"]
        self.reply(200, pool(rest[0]))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()
    threading.Event().wait()  # until standard input closes, when the server has vanished
