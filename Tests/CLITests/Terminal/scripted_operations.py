"""What the scripted gateway says to those who change jobs and operate queues, schedules, webhooks
and batches.

A handler that takes this in has `reply`, `problem`, `command`, and `document` for jobs.
"""
import json
from urllib.parse import parse_qs

OPERATOR = "alice"
STEP = "0199c0de-0000-7000-8000-00000000dd{:02d}"
JOB = "0199c0de-0000-7000-8000-000000000{:03d}"
AT = "2026-11-22T13:10:{:02d}.500Z"
LATER = "2099-11-22T13:10:00.000Z"
limits = {"agent:main": 4}
pauses = {}
schedules = {}
webhooks = {}
BATCH = "0199c0de-0000-7000-8000-00000000bb{:02d}"
batch_tries, redrive_looks = {}, {}


def limit(key):
    return {"key": key, "maximum": limits[key], "running": 4, "held": 2}


def schedule(**more):
    document = {"id": "0199c0de-0000-7000-8000-00000000ee01", "name": "digest",
                "cron": "0 7 * * 1-5", "time_zone": "UTC", "target": "agent:main",
                "priority": "normal", "input": "Sum up\u001b[2J", "misfire": "once",
                "misfire_window_seconds": 3600, "overlap": "skip", "state": "active",
                "max_queued": 100, "deadline_seconds": 600, "paused_reason": None,
                "timeouts": {"queue": "1h", "step": None, "idle": "5s"}, "webhook": None,
                "next_at": LATER, "last_at": AT.format(1), "last_job": JOB.format(1),
                "last_outcome": "fired", "created_at": AT.format(0)}
    document.update(more)
    return document


schedules["digest"] = schedule()


def webhook(**more):
    document = {"id": "0199c0de-0000-7000-8000-00000000ff01", "name": "ops",
                "url": "https://example.com/h\u001b[2J", "all_jobs": True, "state": "active",
                "events": ["job.failed", "job.expired"], "disabled_reason": None,
                "disabled_at": None, "old_secret_expires_at": None, "created_at": AT.format(0)}
    document.update(more)
    return document


webhooks["ops"] = webhook()


def delivery(id, **more):
    document = {"id": id, "event": "job.failed", "job_id": JOB.format(1),
                "delivery_job_id": JOB.format(2), "state": "pending", "attempts": 2,
                "last_status": 500, "last_error": "status_500", "next_attempt_at": LATER,
                "created_at": AT.format(1), "attempted_at": AT.format(2), "delivered_at": None}
    document.update(more)
    return document


def batch(id, **more):
    document = {"id": id, "name": "nightly", "state": "closed", "cancelled": False, "total": 3,
                "pending": 2, "ended": {"succeeded": 1, "failed": 0, "cancelled": 0, "expired": 0},
                "callback": None, "callback_job": None, "callback_outcome": None,
                "created_at": AT.format(1), "closed_at": AT.format(1), "finished_at": None}
    document.update(more)
    return document


def finished(id):
    """The end of a batch: 02 and 03 have a job that failed, 04 has no end."""
    if id.endswith("04"):
        return batch(id)
    failed = 1 if id.endswith(("02", "03")) else 0
    ended = {"succeeded": 3 - failed, "failed": failed, "cancelled": 0, "expired": 0}
    callback = {"target": "agent:main", "input": "Look\u001b[2J", "priority": "low",
                "on": "failure"}
    return batch(id, state="finished", pending=0, ended=ended, finished_at=AT.format(5),
                 callback=callback, callback_outcome="made", callback_job=JOB.format(1))


def dead(number, code, message, **more):
    document = {"step": STEP.format(number), "job": JOB.format(number), "target": "agent:main",
                "priority": "normal", "class": "permanent", "code": code, "message": message,
                "attempts": 3, "crashes": 0, "died_at": AT.format(number), "fingerprint": "f" + code,
                "user": OPERATOR}
    document.update(more)
    return document


DEAD = [dead(1, "provider_error", "no \u001b[31manswer"), dead(2, "provider_error", "no answer"),
        dead(3, "worker_lost", "it took its worker along", crashes=3)]
MANY = [dead(number, "provider_error", "no answer") for number in range(1, 16)]


GRAVE = {"pool": "agent.main", "job_target": "agent:main", "input": "Look\u001b[2J",
         "arguments": None, "input_withheld": None, "created_at": AT.format(0),
         "started_at": AT.format(3), "effect": None, "obstacle": "Its job is not over.",
         "settled_at": None, "redriven_as": None, "attempt_history": [
             {"attempt": 1, "state": "pending", "at": AT.format(1), "retry_at": AT.format(2),
              "error": {"class": "transient", "code": "busy", "message": "not \u001bnow"}},
             {"attempt": 2, "state": "dead", "at": AT.format(3), "retry_at": None,
              "error": {"class": "bad_input", "code": "x", "message": "no"}}]}


class Operations:
    def is_lost(self, name):
        """Whether the answer about what is called so does not reach who asked."""
        if "lost" in name:
            self.close_connection = True
        return "lost" in name

    # MARK: Jobs

    def job_command(self, id, verb, text):
        if verb is None and self.command == "PATCH":
            if id.endswith("001"):
                return self.problem(409, "job_not_scheduled", "it is running")
            body = json.loads(text)
            return self.reply(200, self.document(id, "scheduled", run_at=body.get("run_at")))
        if verb == "priority":
            if id.endswith("003"):
                return self.problem(409, "job_over", "it is cancelled")
            return self.reply(200, self.document(id, "queued", **json.loads(text)))
        if verb == "why":
            return self.reply(200, self.reasons(id))
        child = lambda n, parent, state, **more: self.document(
            JOB.format(n), state, parent_id=JOB.format(parent), root_id=JOB.format(1), **more)
        error = {"class": "x", "code": "boom", "message": "a\nb"}
        self.reply(200, {"items": [
            self.document(JOB.format(1), "waiting", parent_id=None, root_id=None),
            child(2, 1, "failed", target="agent:coder", error=error),
            child(9, 2, "succeeded", target="skill:files.read"), child(4, 1, "running")]})

    def reasons(self, id):
        step = {"step": STEP.format(1), "target": "agent:main", "cause": "queue",
                "detail": "14 steps of agent.main.low start before it.",
                "remedy": "More workers or slots.", "ahead": 14, "until": None,
                "estimate_seconds": 7.5, "estimate_basis": "14 before it, 2.0 starts/s"}
        return {"job": id, "state": "queued", "summary": step["detail"], "steps": [step]}

    def signals(self, id, rest, text):
        if not rest:
            return self.reply(200, {
                "waits": [{"step": STEP.format(1), "signal": "approved", "until": LATER}],
                "kept": [{"signal": "go", "sent_at": AT.format(3)}]})
        if id.endswith("003"):
            return self.problem(409, "job_over", "it is cancelled")
        if rest[0] == "down":
            return self.problem(503, "unavailable", "later", [("Retry-After", "1")])
        state = "taken" if rest[0] == "approved" else "kept"
        self.reply(202, {"job": id, "signal": rest[0], "state": state})

    # MARK: Batches

    def batches(self, rest, text, query):
        body = json.loads(text or "{}")
        if not rest and self.command == "POST":
            return self.make_batch(body)
        if not rest:
            return self.reply(200, {"items": [finished(BATCH.format(2)), batch(BATCH.format(1))],
                                    "next_cursor": "next="})
        if rest[0] == JOB.format(404):
            return self.problem(404, "batch_not_found", "no such batch")
        if rest[1:] == ["close"]:
            return self.reply(200, batch(rest[0]))
        if rest[1:] == ["cancel"]:
            return self.reply(202, batch(rest[0], cancelled=True))
        is_over = "wait=" in query or rest[0].endswith("03")
        self.reply(200, finished(rest[0]) if is_over else batch(rest[0]))

    def make_batch(self, body):
        key = self.headers["Idempotency-Key"]
        batch_tries[key] = batch_tries.get(key, 0) + 1
        if body.get("name") == "busy" and batch_tries[key] < 3:
            return self.problem(503, "unavailable", "later", [("Retry-After", "1")])
        jobs = body.pop("jobs", None)
        if jobs is None:
            return self.reply(201, batch(BATCH.format(7), state="open", total=0, pending=0,
                                         closed_at=None, **body))
        if any(asked["target"] == "agent:later" for asked in jobs):
            return self.problem(503, "unavailable", "open and not full", [("Retry-After", "1")])
        items = []
        for index, asked in enumerate(jobs):
            if asked["target"] == "agent:refused":
                fault = {"pointer": f"/jobs/{index}/input", "detail": "too \u001bodd"}
                items.append({"index": index, "status": 422,
                              "problem": {"detail": "bad", "errors": [fault]}})
            else:
                items.append({"index": index, "status": 202,
                              "job": self.document(JOB.format(100 + index), "queued")})
        good = sum("job" in item for item in items)
        self.reply(201, batch(BATCH.format(8), total=good, pending=good, accepted=good,
                              rejected=len(items) - good, items=items, **body))

    # MARK: Queues

    def queue_command(self, rest, text, query):
        name, verb = rest[0], rest[1]
        if name == "agent.none":
            return self.problem(404, "queue_not_found", "no such pool or lane")
        body = json.loads(text or "{}")
        if verb in ("pause", "resume"):
            key = ("lane:" if name.count(".") == 2 else "pool:") + name
            return self.pause(key, body) if verb == "pause" else self.unpause(key)
        if self.command == "GET":
            return self.graves(rest[2:], parse_qs(query))
        all_dead = MANY if name == "agent.many" else DEAD
        steps = [d for d in all_dead if d["step"] in body["steps"]] if "steps" in body else \
            [d for d in all_dead if all(body[k] == d[k] for k in ("code", "fingerprint") if k in body)]
        is_dry = body.get("dry_run", False)
        if rest[2] == "drop":
            return self.reply(200, {"matched": len(steps), "dry_run": is_dry,
                                    "dropped": 0 if is_dry else len(steps)})
        lost = [d for d in steps if d["code"] == "worker_lost"]
        # The job of step n is n, and the one that does it again is 100 + n.
        again = lambda d: None if is_dry else JOB.format(100 + int(d["job"][-3:]))
        self.reply(200, {
            "matched": len(steps), "dry_run": is_dry,
            "redriven": [{"step": d["step"], "job": d["job"], "new_job": again(d)}
                         for d in steps if d not in lost],
            "skipped": [{"step": d["step"], "reason": "its \u001bjob is gone"} for d in lost]})

    def redrives(self, rest, text, query):
        """102 by itself fails, 104 is over only when it is asked for again."""
        items, ids = [], parse_qs(query)["jobs"][0].split(",")
        for id in ids:
            redrive_looks[id] = redrive_looks.get(id, 0) + 1
            is_late = id.endswith("104") and redrive_looks[id] == 1
            items.append({"job": id, "state": "running" if is_late else
                          "failed" if ids == [JOB.format(102)] else "succeeded"})
        self.reply(200, {"items": items, "pending": 0})

    def graves(self, rest, query):
        if rest == ["groups"]:
            return self.reply(200, {"items": [
                {"fingerprint": "fprovider_error", "target": "agent:main", "class": "permanent",
                 "code": "provider_error", "count": 2, "first_at": AT.format(1),
                 "last_at": AT.format(2), "example": STEP.format(2)}]})
        if rest:
            found = [d for d in DEAD if d["step"] == rest[0]]
            if not found:
                return self.problem(404, "dead_step_not_found", "no such dead step")
            return self.reply(200, dict(found[0], **GRAVE))
        code = query.get("code", [None])[0]
        found = [d for d in DEAD if code in (None, d["code"])]
        self.reply(200, {"items": found, "next_cursor": None if code else "next="})

    # MARK: Limits and pauses

    def limits(self, rest, text, query):
        if not rest:
            return self.reply(200, {"items": [limit(key) for key in sorted(limits)]})
        if self.command == "PUT" and rest[0] == "provider:open_ai" and "force" not in text:
            return self.problem(422, "unknown_gate_key", "Is it provider:openai?")
        if self.command == "PUT":
            limits[rest[0]] = json.loads(text)["maximum"]
        elif rest[0] not in limits:
            return self.problem(404, "gate_not_found", "nothing limits it")
        answer = limit(rest[0])
        if self.command == "DELETE":
            del limits[rest[0]]
            if self.is_lost(rest[0]):
                return
        self.reply(200, answer)

    def pauses(self, rest, text, query):
        if not rest:
            return self.reply(200, {"items": [pauses[key] for key in sorted(pauses)]})
        return self.pause(rest[0], json.loads(text)) if self.command == "PUT" else \
            self.unpause(rest[0])

    def pause(self, key, body):
        pauses[key] = {"key": key, "reason": body.get("reason", ""), "owner": OPERATOR,
                       "since": AT.format(1), "until": LATER if "for" in body else None, "held": 3}
        self.reply(200, pauses[key])

    def unpause(self, key):
        if pauses.pop(key, None) is None:
            return self.problem(404, "gate_not_found", "it is not paused")
        if self.is_lost(key):
            return
        self.reply(200, {"key": key, "resumed": True})

    # MARK: Schedules

    def schedules(self, rest, text, query):
        body = json.loads(text or "{}")
        if not rest and self.command == "POST":
            if body["name"] in schedules:
                return self.problem(409, "schedule_exists", "the name is taken")
            schedules[body["name"]] = schedule(last_at=None, last_job=None, last_outcome=None, **body)
            return self.reply(201, schedules[body["name"]])
        if not rest:
            # The newest first, one a page, as if there were many.
            names, asked = sorted(schedules, reverse=True), parse_qs(query)
            at = int(asked.get("cursor", ["0"])[0])
            page = [{n: v for n, v in schedules[name].items() if n != "input"}
                    for name in names[at:at + 1]]
            more = str(at + 1) if at + 1 < len(names) else None
            return self.reply(200, {"items": page, "next_cursor": more})
        if rest[0] not in schedules:
            return self.problem(404, "schedule_not_found", "no such schedule")
        if self.command == "DELETE":
            del schedules[rest[0]]
            if self.is_lost(rest[0]):
                return
            self.send_response(204)
            return self.end_headers()
        verb = rest[1] if len(rest) > 1 else None
        if verb == "fire":
            return self.reply(202, self.document(JOB.format(1), "queued"))
        if verb == "history":
            return self.reply(200, {"items": [
                {"tick": AT.format(2), "outcome": "fired", "job_id": JOB.format(1),
                 "decided_at": AT.format(3)},
                {"tick": AT.format(1), "outcome": "missed", "job_id": None,
                 "decided_at": AT.format(3)}], "next_cursor": "next="})
        if verb == "ticks":
            count = int(parse_qs(query)["count"][0])
            return self.reply(200, {"items": [LATER] * count})
        changes = {"pause": {"state": "paused", "next_at": None},
                   "resume": {"state": "active", "next_at": LATER}}.get(verb, body)
        schedules[rest[0]].update(changes)
        self.reply(200, schedules[rest[0]])

    # MARK: Webhooks

    def webhooks(self, rest, text, query):
        body = json.loads(text or "{}")
        if not rest and self.command == "POST":
            if body.get("name") in webhooks:
                return self.problem(409, "webhook_name_taken", "the name is taken")
            webhooks[body["name"]] = webhook(**body)
            return self.reply(201, {**webhooks[body["name"]], "secret": "whsec_b25l"})
        if not rest:
            return self.reply(200, {"items": [webhooks[name] for name in sorted(webhooks)]})
        if rest[0] not in webhooks:
            return self.problem(404, "webhook_not_found", "no such webhook")
        if self.command == "DELETE":
            del webhooks[rest[0]]
            if self.is_lost(rest[0]):
                return
            self.send_response(204)
            return self.end_headers()
        verb = rest[1] if len(rest) > 1 else None
        if verb == "rotate":
            return self.reply(200, {**webhooks[rest[0]], "secret": "whsec_dHdv",
                                    "old_secret_expires_at": LATER})
        if verb == "deliveries" and self.command == "POST":
            return self.reply(202, delivery(rest[2], state="pending", next_attempt_at=None))
        if verb == "deliveries":
            items = [delivery(STEP.format(2)), delivery(
                STEP.format(1), state="delivered", last_status=200, last_error=None,
                next_attempt_at=None)]
            return self.reply(200, {"items": items, "next_cursor": "bmV4dA"})
        if "disabled" in body:
            body["state"] = "disabled" if body.pop("disabled") else "active"
            body["disabled_reason"] = "by_user" if body["state"] == "disabled" else None
        webhooks[rest[0]].update(body)
        self.reply(200, webhooks[rest[0]])
