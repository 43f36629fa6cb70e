"""Hooks for Schemathesis: what the document cannot say, because it differs from system to system.

Which agents and skills there are is up to the workers, a cursor cannot be made up, and an
idempotency key stands for one request; a time has to be near. So before the document is used, its targets become ones that
the tested system serves, and cursor and keys go; the tests in Swift have those.
"""

import os
import urllib.parse

import requests
import schemathesis

AGENT = "agent:main"
SKILL = "skill:files.read"
SKILL_INPUT = {
    "type": "object",
    "properties": {"path": {"type": "string", "minLength": 1, "maxLength": 4096}},
    "required": ["path"],
    "additionalProperties": False,
}


def without(operation, *names):
    operation["parameters"] = [
        parameter for parameter in operation["parameters"] if parameter["name"] not in names
    ]


DURATION = {"type": "string", "pattern": "^[1-9][0-9]?[sm]$"}
# What agents take, but for objects with a message: not only white space, no U+0000.
MESSAGE = {"type": "string", "pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}


def narrow_times(properties):
    """Times that are neither past nor too far, which depends on the day; nothing that has to exist."""
    for name in ("run_at", "deadline", "webhook", "batch_id"):
        del properties[name]
    timeouts = properties["timeouts"]["properties"]
    timeouts["step"] = timeouts["idle"] = {"type": "string", "pattern": "^[1-9][0-9]?s$"}


def narrow_schedule(properties):
    """Expressions and zones that there are: the tests in Swift have the others."""
    properties["cron"] = {"type": "string", "enum": ["0 7 * * *", "@daily", "*/5 1-3 * JAN MON"]}
    properties["time_zone"] = {"type": "string", "enum": ["UTC", "Europe/Berlin"]}
    properties["input"] = MESSAGE
    del properties["webhook"]
    timeouts = properties["timeouts"]["oneOf"][1]["properties"]
    timeouts["step"] = timeouts["idle"] = {
        "oneOf": [{"type": "null"}, {"type": "string", "pattern": "^[1-9][0-9]?s$"}]
    }
    if "target" in properties:
        properties["target"] = {"type": "string", "enum": [AGENT]}


def webhook_body(paths, path, method):
    body = paths["/api/v1/webhooks" + path][method]["requestBody"]["content"]
    return body["application/json"]["schema"]


def narrow_webhook(properties):
    """Public addresses, and nothing that each job of the run would be told to."""
    properties["url"] = {"type": "string", "enum": ["https://example.com/a", "https://192.88.98.1"]}
    properties["all_jobs"] = {"type": "boolean", "enum": [False]}
    properties["events"]["items"]["enum"].remove("batch.completed")


def narrow_durations(node):
    """Each has a range of its own, which its pattern cannot say; these are in all of them."""
    if isinstance(node, list):
        for element in node:
            narrow_durations(element)
    if isinstance(node, dict):
        if str(node.get("pattern")).startswith(r"^(\d{1,12}d)?"):
            node.clear()
            node.update(DURATION)
        for member in node.values():
            narrow_durations(member)


def impatient(paths):
    """Nobody waits for jobs that a pause of this very run holds; the tests in Swift have `wait`."""
    for operations in paths.values():
        for operation in operations.values():
            if "parameters" in operation:
                without(operation, "wait", "Prefer")


GATES = ("/api/v1/limits/{key}", "/api/v1/pauses/{key}")


def forced(paths):
    """Keys of limits and pauses name what the tested system need not have."""
    for path in GATES:
        body = paths[path]["put"]["requestBody"]
        schema = body["content"]["application/json"]["schema"]
        schema["properties"]["force"] = {"type": "boolean", "enum": [True]}
        # A pause needs no body, but one that says so.
        body["required"] = True


EVENTS = "/api/v1/jobs/{id}/events"


@schemathesis.hook
def before_call(context, case, kwargs):
    is_put = case.operation.path in GATES and case.method.upper() == "PUT"
    if is_put and isinstance(case.body, dict):
        case.body = {"force": True, **case.body}
    if case.operation.path == EVENTS:
        end(case.operation.base_url, (case.path_parameters or {}).get("id"))


def end(base, job):
    """Cancels a job that is to be followed: the run's own pauses may hold it for ever."""
    path = f"/api/v1/jobs/{urllib.parse.quote(str(job), safe='')}/cancel"
    token = os.environ["OPENCLAW_TOKEN"]
    requests.post(base.rstrip("/") + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    narrow_durations(raw_schema)
    impatient(raw_schema["paths"])
    forced(raw_schema["paths"])
    schemas = raw_schema["components"]["schemas"]
    for name in ("JobRequest", "BatchItem"):
        agent, skill = schemas[name]["oneOf"]
        agent["properties"]["target"] = {"type": "string", "enum": [AGENT]}
        skill["properties"]["target"] = {"type": "string", "enum": [SKILL]}
        skill["properties"]["input"] = SKILL_INPUT
        # What may be left out is up to the skill.
        skill["required"] = sorted({*skill["required"], "input"})
        for job in (agent, skill):
            narrow_times(job["properties"])
    paths = raw_schema["paths"]
    edit = paths["/api/v1/jobs/{id}"]["patch"]["requestBody"]["content"]["application/json"]
    for name in ("run_at", "input"):
        del edit["schema"]["properties"][name]
    for path, method in (("", "post"), ("/{name}", "patch")):
        body = paths["/api/v1/schedules" + path][method]["requestBody"]["content"]
        narrow_schedule(body["application/json"]["schema"]["properties"])
        narrow_webhook(webhook_body(paths, path, method)["properties"])
    without(paths["/api/v1/webhooks/{name}/deliveries"]["get"], "cursor")
    without(paths["/api/v1/queues/{lane}/dead"]["get"], "cursor")
    redrive = paths["/api/v1/queues/{lane}/dead/redrive"]["post"]["requestBody"]["content"]
    # A canary waits for its jobs, too.
    for name in ("input", "canary"):
        del redrive["application/json"]["schema"]["properties"][name]
    without(paths["/api/v1/jobs"]["get"], "cursor")
    without(paths["/api/v1/jobs/{id}/steps"]["get"], "cursor")
    without(paths["/api/v1/batches"]["get"], "cursor")
    without(paths["/api/v1/schedules"]["get"], "cursor")
    without(paths["/api/v1/schedules/{name}/history"]["get"], "cursor")
    batches = paths["/api/v1/batches"]["post"]
    without(batches, "Idempotency-Key")
    narrow_batch(batches["requestBody"]["content"]["application/json"]["schema"]["properties"])
    without(paths["/api/v1/jobs"]["post"], "Idempotency-Key")
    without(paths["/api/v1/jobs/batch"]["post"], "Idempotency-Key")
    without(paths["/api/v1/jobs/{id}/retry"]["post"], "Idempotency-Key")
    without(paths["/api/v1/schedules/{name}/fire"]["post"], "Idempotency-Key")


def narrow_batch(properties):
    """A callback for an agent that there is; its jobs are narrowed as those of the other routes."""
    callback = properties["callback"]["properties"]
    callback["target"] = {"type": "string", "enum": [AGENT]}
    callback["input"] = MESSAGE


def fits(value):
    """Whether its whole numbers have 64 bits, beyond which the document has no words."""
    if isinstance(value, dict):
        return all(fits(member) for member in value.values())
    if isinstance(value, list):
        return all(fits(element) for element in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@schemathesis.hook
def filter_body(context, body):
    return fits(body)


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(context, value):
    """Text as it is; what is no text has no lines, and no form in which it could be sent."""
    return value.encode() if isinstance(value, str) else b""
