"""What the books of a stage say: whether anything still moves, and the account of all shops."""

from sqlalchemy import func, or_, select

from bridge.ledger import schema
from bridge.ledger.store import Database
from bridge.states import State
from workers.stage.account import Account, draw_up
from workers.stage.stage import Stage

_ON_THE_WAY = [state.value for state in (State.RECEIVED, State.READY, State.CLAIMED, State.WRITING, State.UNCERTAIN)]


def is_quiet(database: Database) -> bool:
    """Nothing moves any more: every record rests, and what waits does so for a person or for the storefront."""
    columns = schema.record.c
    on_its_way = or_(
        columns.state.in_(_ON_THE_WAY),
        columns.needs_read,
        (columns.state == State.HELD.value) & columns.condition.like("customer:%"),
    )
    with database.read() as connection:
        return not connection.execute(select(func.count()).where(on_its_way)).scalar_one()


def count_resting(database: Database) -> int:
    """Orders that are in Sage or wait for a person or the storefront."""
    columns = schema.record.c
    resting = (columns.document == "order") & columns.state.not_in(_ON_THE_WAY)
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.record).where(resting)).scalar_one())


def count_moves(database: Database) -> int:
    """How many moves the journal has: while it grows, something is going on."""
    with database.read() as connection:
        return int(connection.execute(select(func.coalesce(func.max(schema.move.c.id), 0))).scalar_one())


def take_account(stage: Stage) -> Account:
    """The account of every shop, from the sites' and Sage's own books."""
    return draw_up(
        [(shop, stage.account(shop), stage.sage.orders(shop.company)) for shop in stage.plan.shops], stage.database
    )
