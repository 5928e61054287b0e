"""`tidegate desk` as a real program over HTTP, its ledger in a file, its broker real."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.builders import an_order
from tests.cli_rig import a_rig
from tests.desk_rig import PASSWORD, desk_settings, plain, token_of
from tests.waits import until
from workers.broker import EmbeddedBroker, free_port

SECTION = """
[desk]
port = {port}

[desk.users.ann]
role = "operate"
password = "{password}"
"""


def test_it_serves_people_and_stops_when_it_is_told_to(broker: EmbeddedBroker, tmp_path: Path) -> None:
    port, hashed = free_port(), desk_settings().users["olaf"].password.get_secret_value()
    rig = a_rig(tmp_path, broker=broker.url, more=SECTION.format(port=port, password=hashed))
    order = an_order(rig.database, "10025")
    command = [sys.executable, "-m", "workers.cli", "desk", "--config", str(rig.config)]
    url = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(command, cwd=Path(__file__).parents[2]) as program,
        httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as browser,
    ):
        try:
            until(lambda: is_up(browser), "the desk to answer")
            data = {"name": "ann", "password": PASSWORD, "form_token": token_of(browser.get("/orders"))}
            assert "ann (operate)" in plain(browser.post("/log-in", data=data, headers={"Origin": url}))
            assert "Broker answers; 0 events at the door" in plain(browser.get("/"))
            assert browser.get("/orders?q=10025").url.path == f"/orders/{order.id}"
            program.send_signal(signal.SIGTERM)
            assert program.wait(10) in {0, -signal.SIGTERM}
        finally:
            program.kill()
    rig.database.close()


def is_up(browser: httpx.Client) -> bool:
    try:
        return browser.get("/health").json() == {"status": "up"}
    except httpx.TransportError:
        return False
