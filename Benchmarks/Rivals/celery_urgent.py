"""Stands for: Celery's priorities, RabbitMQ's x-max-priority, under a full queue.

WAITING low-priority tasks of 2 ms (a sleep, not work) wait in one queue, and a prefork worker with
two processes runs them. Then urgent tasks come one by one. Latency: from before `apply_async`,
which waits for the confirm, to the first line of the task. RIVAL_PREFETCH is 1 here: with acks
late the worker then holds the two messages that it runs and no others, because what it holds is no
longer sorted.
A priority queue is classic: RabbitMQ refuses x-max-priority on quorum queues.
Prints one JSON object; low_rate is low-priority tasks finished per second meanwhile.
"""

import argparse
import mmap
import os
import sys
import tempfile
import time

os.environ["RIVAL_PREFIX"] = f"{os.environ.get('RIVAL_PREFIX', 'rival')}.{os.getpid()}"
os.environ.setdefault("RIVAL_PREFETCH", "1")
import worker_process
from celery_app import URGENT, app, stamp, work
from celery_publisher import fill

parser = argparse.ArgumentParser()
parser.add_argument("--waiting", type=int, default=100_000)
parser.add_argument("--urgent", type=int, default=200)
parser.add_argument("--pause", type=float, default=0.05, help="seconds between two urgent ones")
parser.add_argument("--limit", type=float, default=10, help="seconds until one counts as lost")
parser.add_argument("worker_options", nargs="*", help="more options of celery worker, after --")


def depth() -> int:
    with app.connection_for_write() as connection:
        queue = app.amqp.queues[URGENT](connection.default_channel)
        return queue.queue_declare(passive=True).message_count


def measure(settings, worker, stamps: mmap.mmap) -> dict:
    def started(index: int, limit: float) -> int:
        end = time.monotonic() + limit
        while not (at := int.from_bytes(stamps[8 * index:8 * index + 8], "little")):
            worker.require_alive()
            if time.monotonic() > end:
                return 0
            time.sleep(0.001)
        return at

    latencies, lost = [], 0
    low, began = 0, 0.0
    for index in range(settings.urgent + 1):  # number 0 waits for the worker and is not counted
        sent = time.monotonic_ns()
        stamp.apply_async((index,), queue=URGENT, priority=9)
        at = started(index, settings.limit if index else 60)
        if index == 0:
            low, began = depth(), time.monotonic()
        elif at:
            latencies.append((at - sent) / 1000)
        else:
            lost += 1
        time.sleep(settings.pause)
    seconds, left = time.monotonic() - began, depth()
    if left == 0:
        sys.exit("the low-priority tasks ran out: give more of them")
    if not latencies:
        sys.exit("no urgent task started")
    return {
        "waiting": settings.waiting, "urgent": settings.urgent,
        "p50_us": round(worker_process.percentile(latencies, 0.5)),
        "p99_us": round(worker_process.percentile(latencies, 0.99)),
        "max_us": round(max(latencies)), "lost": lost,
        "low_rate": round((low - left) / seconds, 1), "left": left}


def main() -> None:
    settings = parser.parse_args()
    worker_process.end_on_signals()
    worker = None
    with tempfile.NamedTemporaryFile(prefix="rival-stamps-") as file:
        file.truncate(8 * (settings.urgent + 1))
        try:
            fill(work, URGENT, settings.waiting, priority=0)
            worker = worker_process.Worker(
                URGENT, settings.worker_options, {"RIVAL_MARKS": file.name})
            with mmap.mmap(file.fileno(), 0) as stamps:
                figures = measure(settings, worker, stamps)
        finally:
            if worker:
                worker.stop()
            with app.connection_for_write() as connection:
                app.amqp.queues[URGENT](connection.default_channel).delete()
    worker_process.report(worker.spent, **figures)


main()
