"""Stands for: an HTTP front that does nothing but publish. No database, no Celery: the most that
a Python front can do. 202 means: the broker confirmed this very message.

`uvicorn fastapi_aiopika:app --workers 2 --loop uvloop --http httptools --no-access-log`, with
RIVAL_AMQP_URL, RIVAL_PREFIX, RIVAL_TOKEN (see celery_app.py and fastapi_celery.py) and
RIVAL_CHANNELS, the number of channels of the one connection (default 1; 4 made no difference beyond
the noise). Two uvicorn workers beat one while the machine was quiet; under load the order varied.
"""

import itertools
import os
import uuid
from contextlib import asynccontextmanager

import aio_pika
from fastapi import Depends, FastAPI

from fastapi_door import Job, authorized

QUEUE = f"{os.environ.get('RIVAL_PREFIX', 'rival')}.jobs"
CHANNELS = int(os.environ.get("RIVAL_CHANNELS", "1"))


@asynccontextmanager
async def lifespan(app: FastAPI):
    connection = await aio_pika.connect_robust(os.environ["RIVAL_AMQP_URL"])
    async with connection:
        channels = [await connection.channel(publisher_confirms=True) for _ in range(CHANNELS)]
        await channels[0].declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        app.state.exchanges = itertools.cycle([channel.default_exchange for channel in channels])
        yield


app = FastAPI(lifespan=lifespan, dependencies=[Depends(authorized)])


@app.post("/api/v1/jobs", status_code=202)
async def create_job(job: Job) -> dict:
    message = aio_pika.Message(
        job.model_dump_json().encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        content_type="application/json", message_id=str(uuid.uuid4()))
    await next(app.state.exchanges).publish(message, routing_key=QUEUE)
    return {"id": message.message_id}
