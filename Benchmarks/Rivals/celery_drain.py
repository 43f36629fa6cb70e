"""Stands for: how fast a Celery worker works off a full queue (acks late, prefork with 2).

Publishes COUNT no-op tasks of 400 bytes, starts the worker, and takes the time from the first to
the last completion. Each task marks its own byte of a shared file, so lost and doubled runs show.
Settings: those of celery_app.py; queue and marks are this run's own. Prints one JSON object:
rate is per second; worker_cpu_us is per job, of all its processes, over the timed part.
"""

import argparse
import os
import sys
import tempfile
import time

os.environ["RIVAL_PREFIX"] = f"{os.environ.get('RIVAL_PREFIX', 'rival')}.{os.getpid()}"
import worker_process
from celery_app import STEPS, app, noop
from celery_publisher import fill

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=100_000)
parser.add_argument("--limit", type=float, default=600, help="seconds after which it gives up")
parser.add_argument("worker_options", nargs="*", help="more options of celery worker, after --")


def drain(count: int, limit: float, marks: str, worker) -> dict:
    end = time.monotonic() + limit
    with open(marks, "rb", buffering=0) as file:

        def runs() -> bytes:
            worker.require_alive()
            return os.pread(file.fileno(), count, 0)

        while (at_start := count - runs().count(0)) == 0 and time.monotonic() < end:
            time.sleep(0.001)
        started, cpu = time.monotonic(), worker.cpu_seconds()
        while (at_end := count - runs().count(0)) < count and time.monotonic() < end:
            time.sleep(0.02)
        seconds, cpu = time.monotonic() - started, worker.cpu_seconds() - cpu
        worker.stop()  # so that a doubled run that is still to come has come
        all_runs = os.pread(file.fileno(), count, 0)
    timed = max(at_end - at_start, 1)
    return {
        "count": count, "seconds": round(seconds, 3), "rate": round(timed / seconds, 1),
        "lost": all_runs.count(0), "doubled": sum(run > 1 for run in all_runs),
        "worker_cpu_us": round(cpu * 1e6 / timed)}


def main() -> None:
    settings = parser.parse_args()
    worker_process.end_on_signals()
    with tempfile.NamedTemporaryFile(prefix="rival-marks-") as marks:
        marks.truncate(settings.count)
        worker = None
        try:
            began = time.monotonic()
            fill(noop, STEPS, settings.count)
            print(f"published in {time.monotonic() - began:.1f} s", file=sys.stderr)
            worker = worker_process.Worker(
                STEPS, settings.worker_options, {"RIVAL_MARKS": marks.name})
            figures = drain(settings.count, settings.limit, marks.name, worker)
        finally:
            if worker:
                worker.stop()
            with app.connection_for_write() as connection:
                queue = app.amqp.queues[STEPS](connection.default_channel)
                left = queue.queue_declare(passive=True).message_count
                queue.delete()
        worker_process.report(worker.spent, **figures, left=left)


main()
