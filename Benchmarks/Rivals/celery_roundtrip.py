"""Stands for: a caller that enqueues a Celery task and waits for its result with `get()`.

Open loop: call i is due at i / RATE seconds. Threads take the calls in turn, run `echo.apply_async`
and `get()`; the latency counts from when the call was due, so waiting for a free thread is part of
it. Celery's rpc results keep a reply queue and a connection per thread. The worker runs here too.
Prints one JSON object: rate is of finished calls per second until the last of them.
"""

import argparse
import multiprocessing
import os
import sys
import threading
import time

os.environ["RIVAL_PREFIX"] = f"{os.environ.get('RIVAL_PREFIX', 'rival')}.{os.getpid()}"
os.environ.setdefault("RIVAL_POOL", "16")
import worker_process
from celery_app import STEPS, app, echo
from celery_publisher import job

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=100)
parser.add_argument("--seconds", type=float, default=10)
parser.add_argument("--processes", type=int, default=1, help="that call")
parser.add_argument("--threads", type=int, default=16, help="of each process")
parser.add_argument("worker_options", nargs="*", help="more options of celery worker, after --")


class Caller:
    """Threads of one process that make the calls of `offsets`, in seconds after a common start."""

    def __init__(self, offsets, threads: int):
        self.offsets = iter(offsets)
        self.turn = threading.Lock()
        self.warm = threading.Barrier(threads + 1)
        self.start = threading.Event()
        self.started_at = 0.0
        self.latencies, self.errors = [], []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def run(self) -> None:
        self.call()  # opens this thread's connections
        self.warm.wait()
        self.start.wait()
        while True:
            with self.turn:
                offset = next(self.offsets, None)
            if offset is None:
                return
            due = self.started_at + offset
            time.sleep(max(0.0, due - time.monotonic()))
            if self.call():
                self.latencies.append(time.monotonic() - due)

    def call(self) -> bool:
        try:
            echo.apply_async((job(0, 400),)).get(timeout=30)
            return True
        except Exception as error:
            self.errors.append(repr(error))
            return False


def calls(offsets, threads: int, pipe) -> None:
    """A calling process: says that it is warm, is told the start, and sends what it measured."""
    worker_process.end_on_signals()
    caller = Caller(offsets, threads)
    for thread in caller.threads:
        thread.start()
    caller.warm.wait()
    pipe.send(None)
    caller.started_at = pipe.recv()
    caller.start.set()
    for thread in caller.threads:
        thread.join()
    pipe.send((caller.latencies, caller.errors, time.monotonic()))


def measure(settings, worker) -> dict:
    count = int(settings.rate * settings.seconds)
    offsets = [index / settings.rate for index in range(count)]
    pipes = []
    for first in range(settings.processes):
        ours, theirs = multiprocessing.Pipe()
        pipes.append(ours)
        process = multiprocessing.Process(
            target=calls, args=(offsets[first::settings.processes], settings.threads, theirs),
            daemon=True)
        with worker_process.signals_held():
            process.start()
        theirs.close()
    for pipe in pipes:
        pipe.recv()
    cpu, started_at = worker.cpu_seconds(), time.monotonic() + 0.1
    for pipe in pipes:
        pipe.send(started_at)
    results = [pipe.recv() for pipe in pipes]
    cpu = worker.cpu_seconds() - cpu
    latencies = [value * 1e6 for result in results for value in result[0]]
    errors = [error for result in results for error in result[1]]
    for error in sorted(set(errors))[:5]:
        print(error, file=sys.stderr)
    if not latencies:
        sys.exit("no call succeeded")
    seconds = max(result[2] for result in results) - started_at
    p50, p95, p99 = (round(worker_process.percentile(latencies, p)) for p in (0.5, 0.95, 0.99))
    return {
        "offered": settings.rate, "rate": round(len(latencies) / seconds, 1),
        "p50_us": p50, "p95_us": p95, "p99_us": p99, "max_us": round(max(latencies)),
        "errors": len(errors), "worker_cpu_us": round(cpu * 1e6 / count)}


def main() -> None:
    settings = parser.parse_args()
    worker_process.end_on_signals()
    worker = worker_process.Worker(STEPS, settings.worker_options)
    try:
        figures = measure(settings, worker)
    finally:
        for process in multiprocessing.active_children():
            process.terminate()  # they have sent what they measured
            process.join(5)
            process.kill()
        worker.stop()
        with app.connection_for_write() as connection:
            app.amqp.queues[STEPS](connection.default_channel).delete()
    worker_process.report(worker.spent, **figures)


main()
