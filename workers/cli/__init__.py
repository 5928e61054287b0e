"""The command line: `tidegate`. One module per group of commands; `workers.cli.app` brings them together."""


def main() -> None:
    """The console's entry."""
    from workers.cli.app import app

    app(prog_name="tidegate")
