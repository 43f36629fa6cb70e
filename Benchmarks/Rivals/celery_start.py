"""Stands for: a deployment or a crash: how long until a new `celery worker` has done a task.

One task waits in the queue; the time runs from the exec of the worker to the end of that task. The
first of the runs is not counted: it declares the queues that Celery keeps for delayed tasks, which
outlive the worker. Then the worker idles for a while and its memory is read (PSS, all processes).
Prints one JSON object: seconds is the median.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

os.environ["RIVAL_PREFIX"] = f"{os.environ.get('RIVAL_PREFIX', 'rival')}.{os.getpid()}"
import worker_process
from celery_app import STEPS, app, noop
from celery_publisher import job

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("--idle", type=float, default=2, help="seconds before memory is read")
parser.add_argument("worker_options", nargs="*", help="more options of celery worker, after --")


def run(settings) -> tuple[float, int, worker_process.Worker]:
    """Returns the seconds to the first task's end, the bytes of the idle worker, and the worker."""
    with tempfile.NamedTemporaryFile(prefix="rival-marks-") as marks:
        marks.truncate(1)
        noop.apply_async((job(0, 400),))
        began = time.monotonic()
        worker = worker_process.Worker(STEPS, settings.worker_options, {"RIVAL_MARKS": marks.name})
        try:
            while os.pread(marks.fileno(), 1, 0) == b"\0":
                worker.require_alive()
                if time.monotonic() - began > 60:
                    sys.exit("the first task did not run in 60 s")
                time.sleep(0.001)
            seconds = time.monotonic() - began
            time.sleep(settings.idle)
            return seconds, worker.memory_bytes(), worker
        finally:
            worker.stop()


def main() -> None:
    settings = parser.parse_args()
    worker_process.end_on_signals()
    try:
        runs = [run(settings) for _ in range(settings.runs + 1)][1:]
    finally:
        with app.connection_for_write() as connection:
            app.amqp.queues[STEPS](connection.default_channel).delete()
    times, memory, workers = zip(*runs)
    worker_process.report(
        sum(worker.spent for worker in workers), seconds=round(statistics.median(times), 3),
        runs=[round(seconds, 3) for seconds in times],
        idle_pss_bytes=round(statistics.median(memory)))


main()
