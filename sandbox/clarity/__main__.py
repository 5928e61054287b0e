"""`python -m sandbox.clarity --data FILE.db --port-file FILE`: one site until it is told to end."""

import argparse
import os
import socket
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn

from sandbox.clarity.app import make_app
from sandbox.clarity.settings import Profile, SiteSettings
from sandbox.clarity.site import Site


def main() -> None:
    """Serves until SIGINT or SIGTERM. The port file appears once connections are taken."""
    asked = _arguments().parse_args()
    app = make_app(Site(_settings(asked)))
    # Callers who were promised an answer by the fault `lost_answer` do not keep the site from ending.
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    with socket.create_server((asked.host, asked.port)) as listener:
        # asyncio does this for sockets that it makes itself; without it each answer waits 40 ms for the caller's ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _tell_port(asked.port_file, listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])


def _settings(asked: argparse.Namespace) -> SiteSettings:
    given = {name: value for name, value in vars(asked).items() if name not in {"host", "port", "port_file"}}
    return SiteSettings(**{name: value for name, value in given.items() if value is not None})


def _tell_port(path: Path | None, port: int) -> None:
    """Written beside and renamed, so that nobody reads half a number."""
    if path is None:
        return
    draft = path.with_suffix(".draft")
    draft.write_text(str(port))
    os.replace(draft, path)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.clarity", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the site's SQLite file, made if it is not there")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens; loopback, as a toy should, unless told")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--port-file", type=Path, help="where the port is written once connections are taken")
    parser.add_argument("--profile", type=Profile, choices=list(Profile))
    parser.add_argument("--site", help="the site's id")
    parser.add_argument("--zone", type=ZoneInfo, help="the clock on the wall of a clarity-minimal site")
    parser.add_argument("--rate", type=float, dest="rate_per_s", help="requests a second per credential")
    parser.add_argument("--burst", type=int, help="requests at once per credential")
    parser.add_argument("--webhook-url", help="where every event is delivered")
    parser.add_argument("--webhook-secret", help="signs those deliveries")
    parser.add_argument("--webhook-mode", choices=["full", "thin"])
    parser.add_argument("--retry-scale", type=float, help="0.001 makes the retries' minutes 60 ms")
    parser.add_argument("--client-id")
    parser.add_argument("--client-secret")
    parser.add_argument("--api-key")
    parser.add_argument("--control-token", help="opens the control calls under /_sandbox")
    return parser


if __name__ == "__main__":
    main()
