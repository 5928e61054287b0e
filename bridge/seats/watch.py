"""One look at a system's seats: what is in doubt counts against the budget, and what two looks found is a leak."""

from collections.abc import Sequence

from bridge.ports.seats import ErpSessions
from bridge.seats.leaks import Leak, find_leaks
from bridge.seats.register import SeatRegister

IN_DOUBT = "its process had to be killed, and the ERP may still count its seat"


def look(seats: SeatRegister, sessions: ErpSessions) -> Sequence[Leak]:
    """The leaks that the look before found too. Sessions in doubt count against the budget from now on, and those no
    longer in doubt do not. Raises `TryLater`, with nothing changed, when agent or counter is away."""
    running = sessions.running()
    leaks = find_leaks(seats.held(), running, sessions.listed())
    doubtful = {session.session_id for session in running if session.is_doubtful}
    for session_id in doubtful:
        seats.mark_unproven(session_id, IN_DOUBT)
    for session_id in seats.unproven().keys() - doubtful:
        seats.clear_unproven(session_id)
    before = set(seats.exchange_findings([str(leak) for leak in leaks]))
    return [leak for leak in leaks if str(leak) in before]
