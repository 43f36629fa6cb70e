"""Stands for: an HTTP front of Celery, as most Python shops have one. 202: the broker confirmed.

`uvicorn fastapi_celery:app --workers 2 --loop uvloop --http httptools --no-access-log`, with the
environment of celery_app.py and RIVAL_TOKEN (default "rival-token") as the bearer token.

Tried, on a busy machine, so these are directions: `apply_async` in a plain `def` endpoint was
slower in most rounds, right on the event loop it was sometimes as fast, with tails of seconds.
RIVAL_POOL 40, a connection per thread of the threadpool, beat 10 in most rounds. Without argsrepr a
request took more CPU in most rounds. Two uvicorn workers beat one in most rounds.
"""

import os

from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool

from fastapi_door import Job, authorized

os.environ.setdefault("RIVAL_POOL", "40")
from celery_app import noop

app = FastAPI(dependencies=[Depends(authorized)])


def enqueue(job: Job) -> str:
    # argsrepr is what logs and monitors show of the arguments; Celery's own is worked out per task.
    return noop.apply_async((job.model_dump(),), argsrepr="(job,)").id


@app.post("/api/v1/jobs", status_code=202)
async def create_job(job: Job) -> dict:
    return {"id": await run_in_threadpool(enqueue, job)}
