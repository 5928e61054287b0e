"""`tidegate doctor`: everything that can be wrong, before it goes wrong."""

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import print_json, print_table, say


def doctor(as_json: AsJson = False, config: Config = None) -> None:
    """Check settings, mappings, broker, ledger, Sage agents, storefronts, clocks, queues and disks.

    Changes nothing and takes no seat. Each finding says what to do. Exits with 1 when one of them is fatal.

    [dim]Example: tidegate doctor --json[/]
    """
    from workers.cli.checks import check_all
    from workers.cli.findings import FATAL, Finding

    try:
        findings = check_all(settings_of(config))
    except Misconfigured as error:
        findings = [Finding("settings", FATAL, line) for line in str(error).splitlines()]
    if as_json:
        print_json(findings)
    else:
        print_table(("", "what", "finding"), [(each.level, each.place, each.text) for each in findings])
        fatal = sum(each.level == FATAL for each in findings)
        say(f"{fatal} fatal of {len(findings)} findings" if fatal else "Nothing here keeps the fleet from running.")
    if any(each.level == FATAL for each in findings):
        raise typer.Exit(1)
