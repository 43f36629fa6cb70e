"""The door that both FastAPI rivals have: the same body and the same bearer token as ours."""

import os
import secrets
from typing import Annotated, Literal

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

TOKEN = os.environ.get("RIVAL_TOKEN", "rival-token").encode()


class Job(BaseModel):
    target: str
    input: str | dict
    priority: Literal["urgent", "high", "normal", "low"] = "normal"


async def authorized(
    given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> None:
    if not secrets.compare_digest(given.credentials.encode(), TOKEN):
        raise HTTPException(401)
