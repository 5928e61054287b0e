"""What an error of a storefront means for one publication."""

from dataclasses import replace

from bridge.errors import Refused, Throttled, TidegateError, TryLater, Unauthorised, Uncertain
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.showing import Publication

_OUTCOMES: tuple[tuple[type[TidegateError], Outcome], ...] = (
    (Refused, Outcome.REJECTED),
    (Uncertain, Outcome.UNCERTAIN),
    (Unauthorised, Outcome.UNAUTHORISED),
    (Throttled, Outcome.THROTTLED),
    (TryLater, Outcome.UNAVAILABLE),
)


def line_for(publication: Publication, error: TidegateError) -> ResultLine:
    """The line that says so, with field and value of a refusal. Raises `error` when it is no outcome. Pure."""
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            line = ResultLine(publication.record_id, outcome, text=str(error))
            if isinstance(error, Refused):
                return replace(line, field=error.field, value=error.value, code=error.code)
            return line
    raise error
