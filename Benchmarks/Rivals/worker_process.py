"""Starts and ends `celery worker` for the programs here, and counts its CPU time."""

import atexit
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")


def end_on_signals() -> None:
    """Makes SIGTERM and SIGINT leave through the `finally` clauses, which end the worker."""

    def leave(number, _frame):
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, leave)


@contextlib.contextmanager
def signals_held():
    """Delivers a SIGTERM or SIGINT only at the end, so that nothing is started and then lost."""
    came = []
    before = {each: signal.signal(each, lambda number, _frame: came.append(number))
              for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if came:
            signal.raise_signal(came[0])


class Worker:
    """`celery worker`, prefork with two processes, in a process group of its own.

    After `stop`, `spent` is the CPU seconds of its whole life.
    """

    def __init__(self, queue: str, options=(), environment=None):
        command = [sys.executable, "-m", "celery", "--app", "celery_app", "worker"]
        command += ["--queues", queue, "--pool", "prefork", "--concurrency", "2"]
        command += ["--loglevel", "WARNING"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", *options]
        self.spent = 0.0
        self.stopped = False
        with signals_held():
            self.process = subprocess.Popen(
                command, cwd=HERE, env={**os.environ, **(environment or {})}, stdout=sys.stderr,
                start_new_session=True)
            atexit.register(self.stop)

    def processes(self) -> list[int]:
        """The worker and its children."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[2]) == self.process.pid:
                found.append(int(name))
        return found

    def cpu_seconds(self) -> float:
        """User and system time of the worker and its children so far."""
        ticks = 0
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/stat") as file:
                    ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
            except OSError:
                continue  # it has just ended
        return ticks / TICKS

    def memory_bytes(self) -> int:
        """Proportional set size of the worker and its children."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        return total * 1024

    def require_alive(self) -> None:
        if self.process.poll() is not None:
            sys.exit(f"celery worker ended with status {self.process.returncode}")

    def stop(self) -> None:
        """Lets it finish what it runs; what is left after 10 s is killed."""
        with signals_held():
            if not self.stopped:
                self.end()
                self.stopped = True

    def end(self) -> None:
        before = cpu_seconds(resource.RUSAGE_CHILDREN)
        self.process.send_signal(signal.SIGTERM)  # to the one process; it ends its children
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            print("celery worker did not end in 10 s", file=sys.stderr)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all have ended
        self.process.wait()
        self.spent = cpu_seconds(resource.RUSAGE_CHILDREN) - before


def cpu_seconds(who: int) -> float:
    """User and system time, of `resource.RUSAGE_SELF` or of the children that have ended."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def report(worker_cpu_seconds: float, **figures) -> None:
    """Prints the one JSON object of a program, with CPU seconds over whole lives.

    Those of children are of the worker and of what filled the queue or called.
    """
    figures["worker_cpu_seconds"] = round(worker_cpu_seconds, 3)
    figures["own_cpu_seconds"] = round(cpu_seconds(resource.RUSAGE_SELF), 3)
    figures["children_cpu_seconds"] = round(cpu_seconds(resource.RUSAGE_CHILDREN), 3)
    print(json.dumps(figures), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie, by nearest rank."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
