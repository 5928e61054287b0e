"""Runs the hunt for planted mistakes for a person at a terminal: progress, report, exit status."""

from pathlib import Path

from workers.cli.show import print_table, say
from workers.drills.mutants import PATCHES, Fate, Hunt, Trial, read_mutants, source_tree
from workers.drills.mutants_report import as_json, as_page

_COLUMNS = ("mutant", "plants", "fate", "by", "seconds")


def conduct(only: str | None, json: Path | None, report: Path | None) -> int:
    """Tries every mutant with `only` in its name and tells; 0 when all were caught. Raises `Misconfigured`."""
    root = source_tree()
    chosen = read_mutants(root / PATCHES, only)
    say(f"{len(chosen)} mutants; first the suites on the tree as it is")
    trials = Hunt(root).run(chosen, _tell)
    print_table(_COLUMNS, [[getattr(trial, column) for column in _COLUMNS] for trial in trials])
    for file, text in ((json, as_json), (report, as_page)):
        if file:
            file.write_text(text(trials), encoding="utf-8")
    caught = sum(trial.fate is Fate.CAUGHT for trial in trials)
    say(f"{caught} of {len(trials)} caught")
    return 0 if caught == len(trials) else 1


def _tell(trial: Trial) -> None:
    say(f"{trial.mutant}: {trial.fate}, {trial.seconds:.0f} s")
