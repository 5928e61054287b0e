"""Makes the sandbox's Sage 100 for compose.yaml: make_sage.py STORE COMPANY... An installation that is there stays."""

import sys
from pathlib import Path

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.seed import seed


def main() -> None:
    """Makes the store with one user and these companies, each with the tables that an order needs."""
    path, *companies = sys.argv[1:]
    store = Path(path)
    if store.exists():
        return
    draft = store.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    admin = SageAdmin.create(draft, companies=companies, seats=2)
    for company in companies:
        seed(admin, company)
    admin.close()
    draft.replace(store)


if __name__ == "__main__":
    main()
