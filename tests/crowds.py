"""Several at work on one ledger at the same time."""

import threading
from collections.abc import Callable

from bridge.ledger.store import Database


def at_once(database: Database, *works: Callable[[Database], object]) -> list[Exception]:
    """Each on a connection of its own, all starting together; what went wrong."""
    start, wrong = threading.Barrier(len(works)), list[Exception]()

    def run(work: Callable[[Database], object]) -> None:
        mine = Database(database.url)
        try:
            start.wait(timeout=10)
            work(mine)
        except Exception as error:
            wrong.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong
