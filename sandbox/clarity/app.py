"""The site as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from sandbox.clarity import control, minimal, v1
from sandbox.clarity.sender import send_forever
from sandbox.clarity.settings import Profile
from sandbox.clarity.site import Site

_PROFILES = {Profile.V1: v1.http_routes, Profile.MINIMAL: minimal.http_routes}


def make_app(site: Site) -> Starlette:
    """Serves the site in its profile, with the control calls, and sends webhooks while it lives; closes the site."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sending = asyncio.create_task(send_forever(site))
        try:
            yield
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
            site.close()

    routes = [*control.http_routes(site), *_PROFILES[site.settings.profile](site)]
    return Starlette(routes=routes, lifespan=lifespan)
