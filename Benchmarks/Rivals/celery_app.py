"""Stands for: a Celery application that is set up to lose nothing, and then tuned for speed.

Durability: a quorum queue, persistent messages, a confirm awaited for each publish, acknowledgement
after the task. Tuning: no results unless asked for, no events, no remote control, no rate limits.
Prefetch: 4, 16, 64 and 512 per slot drained alike within the noise. The exchange is direct, because
nothing here is delayed; a topic exchange, which Celery's delayed tasks need, is one hop more.

    RIVAL_AMQP_URL   the broker
    RIVAL_PREFIX     begins the names of the queues; default "rival"
    RIVAL_POOL       connections that publish, per process; default 10, which is Celery's own
    RIVAL_PREFETCH   messages that a worker process may hold, per slot; default 64
    RIVAL_MARKS      a file for what the tasks did: for `noop` one byte per task, to which each run
                     adds one; for `stamp` 8 bytes per task, the time at which it started
"""

import functools
import mmap
import os
import time

from celery import Celery
from kombu import Queue

prefix = os.environ.get("RIVAL_PREFIX", "rival")
STEPS = f"{prefix}.steps"
URGENT = f"{prefix}.urgent"

app = Celery("rival", broker=os.environ["RIVAL_AMQP_URL"], backend="rpc://")
app.conf.update(
    task_default_queue=STEPS,
    task_default_queue_type="quorum",
    task_create_missing_queue_type="quorum",
    worker_detect_quorum_queues=True,
    broker_transport_options={"confirm_publish": True},
    broker_pool_limit=int(os.environ.get("RIVAL_POOL", "10")),
    broker_connection_retry_on_startup=True,
    task_default_delivery_mode="persistent",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=int(os.environ.get("RIVAL_PREFETCH", "64")),
    worker_concurrency=2,
    worker_disable_rate_limits=True,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
)

# RabbitMQ has priorities only in classic queues, so what waits here is less safe than in STEPS.
app.amqp.queues.add(
    Queue(URGENT, routing_key=URGENT, queue_arguments={"x-max-priority": 9}))


@functools.cache
def marks() -> mmap.mmap:
    """RIVAL_MARKS as shared memory; to write there costs a task nothing to speak of."""
    with open(os.environ["RIVAL_MARKS"], "r+b") as file:
        return mmap.mmap(file.fileno(), 0)


@app.task(ignore_result=True)
def noop(payload):
    if isinstance(payload, dict) and "index" in payload:
        marks()[payload["index"]] += 1


@app.task
def echo(payload):
    return payload


@app.task(ignore_result=True)
def work(payload):
    """A low-priority task that waits 2 ms, as for a network."""
    time.sleep(0.002)


@app.task(ignore_result=True)
def stamp(index):
    marks()[8 * index:8 * index + 8] = time.monotonic_ns().to_bytes(8, "little")
