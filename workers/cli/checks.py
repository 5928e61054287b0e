"""All that the doctor looks at, in the order in which one would mend it."""

from traceback import format_exception_only

from bridge.errors import TidegateError
from workers.cli import checks_inside, checks_outside
from workers.cli.findings import FATAL, Check, Finding
from workers.settings import Settings

CHECKS: tuple[Check, ...] = (
    checks_inside.fit,
    checks_inside.time_zones,
    checks_inside.mappings,
    checks_inside.queues,
    checks_inside.alerts,
    checks_inside.desk,
    checks_outside.disks,
    checks_outside.ledger,
    checks_outside.broker,
    checks_outside.agents,
    checks_outside.storefronts,
)


def check_all(settings: Settings) -> list[Finding]:
    """Every finding. A check that fails itself is a fatal finding and holds up no other."""
    return [finding for check in CHECKS for finding in _findings(check, settings)]


def _findings(check: Check, settings: Settings) -> list[Finding]:
    place = check.__name__.replace("_", " ")
    try:
        return list(check(settings))
    except TidegateError as error:
        return [Finding(place, FATAL, line) for line in str(error).splitlines()]
    except Exception as error:  # the patient may be in any state; the doctor goes on with the next organ
        return [Finding(place, FATAL, f"could not be looked at: {format_exception_only(error)[-1].strip()}")]
