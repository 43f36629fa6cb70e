"""Fills a queue with Celery tasks, quickly; what it does is never part of a measurement.

The messages are those that `apply_async` makes, but up to 500 confirms are awaited together, in two
processes. `apply_async` itself waits for each confirm before the next message.
"""

import multiprocessing
import uuid

import worker_process
from celery_app import app

WINDOW = 500
PROCESSES = 2


def job(index: int, size: int) -> dict:
    """A job body of about `size` bytes as JSON."""
    text = "x" * (size - 75)
    return {"index": index, "target": "agent:noop", "input": text, "priority": "normal"}


def publish(task, queue: str, first: int, count: int, size: int, priority=None) -> None:
    """Publishes `count` tasks to a declared queue and waits for the last confirm."""
    worker_process.end_on_signals()
    pending = set()

    def confirmed(tag, multiple):
        pending.difference_update([t for t in pending if t <= tag] if multiple else [tag])

    def refused(tag, _multiple):
        raise RuntimeError(f"the broker refused message {tag}")

    with app.connection_for_write(transport_options={"confirm_publish": False}) as connection:
        channel = connection.default_channel
        channel.confirm_select()
        channel.events["basic_ack"].add(confirmed)
        channel.events["basic_nack"].add(refused)
        producer = app.amqp.Producer(channel, auto_declare=False)
        for tag, index in enumerate(range(first, first + count), start=1):
            message = app.amqp.as_task_v2(
                str(uuid.uuid4()), task.name, args=(job(index, size),), ignore_result=True)
            pending.add(tag)
            producer.publish(
                message.body, exchange="", routing_key=queue, serializer="json",
                headers=message.headers, delivery_mode=2, priority=priority, retry=False,
                **message.properties)
            while len(pending) >= WINDOW:
                connection.drain_events(timeout=30)
        while pending:
            connection.drain_events(timeout=30)


def fill(task, queue: str, count: int, size: int = 400, priority=None) -> None:
    """Publishes tasks 0 to `count` - 1, all confirmed when it returns."""
    with app.connection_for_write() as connection:
        app.amqp.queues[queue](connection.default_channel).declare()
    share = -(-count // PROCESSES)
    workers = [
        multiprocessing.Process(
            target=publish,
            args=(task, queue, first, min(share, count - first), size, priority), daemon=True)
        for first in range(0, count, share)]
    with worker_process.signals_held():
        for worker in workers:
            worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("not all tasks were confirmed")
