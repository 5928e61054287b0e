"""A settings file with a ledger behind it, and the command line called in this process."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bridge.ledger.dead import DeadMessage, bury, bury_message
from bridge.ledger.intake import take
from bridge.ledger.migrate import migrate
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import Database
from bridge.ledger.trace import find
from bridge.states import State
from sandbox.orders import make_orders
from tests.builders import NOW, an_arrival, the
from workers.broker import free_port
from workers.cli.app import app

NOBODY = "redis://127.0.0.1:1/0"
"""A broker that is away: nothing listens on port 1."""

SECTIONS = """\
run_folder = "{folder}/run"

[broker]
url = "{broker}"

[ledger]
url = "sqlite:///{folder}/ledger.db"

[systems.sage100]
agent = {{ url = "{agent}", api_key = "{key}" }}
seats = {{ total = 2 }}

[lanes."sage100:ABC".calendar]
every_s = 900

[connections.clarity]
lanes = {{ main = "sage100:ABC" }}
site = {{ base_url = "{site}", client_id = "tidegate", client_secret = "not-a-secret" }}

[connections.desk]
trusts_body = true
lanes = {{ main = "sage100:ABC" }}
site = {{ base_url = "{site}", client_id = "tidegate", client_secret = "not-a-secret" }}
"""


@dataclass(frozen=True)
class Rig:
    """Settings in a file, and the ledger that they name."""

    config: Path
    database: Database

    def run(self, *arguments: str, **more: Any) -> Result:
        """Calls a command with these settings."""
        return CliRunner().invoke(app, [*arguments, "--config", str(self.config)], **more)

    def json(self, *arguments: str, status: int = 0) -> Any:
        """What a command prints with --json; it must end with this exit status."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    def said(self, *arguments: str, status: int = 0, **more: Any) -> str:
        """What a command prints, spaces and line ends made one; it must end with this exit status."""
        result = self.run(*arguments, **more)
        assert result.exit_code == status, result.output
        return " ".join(result.output.split())


def a_rig(folder: Path, *, broker: str = NOBODY, agent: str = "", key: str = "key", more: str = "") -> Rig:
    """Settings and a migrated ledger in a folder. Whatever is not named is away."""
    config, away = folder / "tidegate.toml", f"http://127.0.0.1:{free_port()}"
    sections = SECTIONS.format(folder=folder, broker=broker, agent=agent or away, key=key, site=away)
    config.write_text(sections + more, encoding="utf-8")
    database = Database(f"sqlite:///{folder / 'ledger.db'}")
    migrate(database)
    return Rig(config, database)


NO_ITEM = Reason("rejected", "item X1 is not in Sage; create it there", field="lines[0].sku", value="X1")


def at_rest(
    database: Database, source_id: str, state: State, reason: Reason = NO_ITEM, *, currency: str = "USD"
) -> Record:
    """An order of 20.00 that waits for a person."""
    take(database, [an_arrival(source_id)], [], by="test", now=NOW)
    [record] = find(database, source_id)
    with database.write() as connection:
        money = {"amount": Decimal("20.00"), "currency": currency, "needs_read": False, "version": 1}
        step = Step(state, reason.text, "test", changes={**reason.columns(), **money})
        record = move(connection, record, step, NOW)
        if state is State.DEAD:
            bury(connection, record, reason, detail="Traceback (the whole of it)", now=NOW)
    return the(database, record)


def unreadable(database: Database, origin: str, body: bytes = b"{}", reason: str = "resource: required") -> None:
    """A message that nobody could read."""
    with database.write() as connection:
        bury_message(connection, DeadMessage(origin, reason, body), NOW)


def change(database: Database, record: Record, **columns: Any) -> None:
    """Sets columns of a record, as the fleet would over time."""
    with database.write() as connection:
        revise(connection, the(database, record), columns, NOW)


def order_bodies(count: int) -> list[dict[str, Any]]:
    """Orders in the Clarity contract, as a person has them in a file."""
    return [
        {**order, "version": 1, "createdAt": order["placedAt"], "updatedAt": order["placedAt"]}
        for order in make_orders(7, count)
    ]
