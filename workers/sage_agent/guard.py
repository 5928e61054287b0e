"""What every request must pass before it reaches a route: the key, the length, the type."""

import hmac
from typing import TypeVar

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bridge.erp.sage100.wire import API_KEY_HEADER
from workers.sage_agent.settings import AgentSettings

Body = TypeVar("Body", bound=BaseModel)


def check_key(request: Request, settings: AgentSettings) -> None:
    """Raises 401 unless the key is ours; takes the same time for every wrong one."""
    given = request.headers.get(API_KEY_HEADER, "").encode()
    if not hmac.compare_digest(given, settings.api_key.get_secret_value().encode()):
        raise HTTPException(401, f"the {API_KEY_HEADER} header is missing or wrong")


async def read_body(request: Request, shape: type[Body], limit_bytes: int) -> Body:
    """The JSON body in its shape; raises 415, 413, or pydantic's `ValidationError`."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "the body must be application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise HTTPException(413, f"the body is longer than {limit_bytes} bytes; send smaller batches")
    return shape.model_validate_json(bytes(body))
