"""Commands that are the fleet's programs: each runs in the foreground until it is told to stop."""

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import reach_ledger, settings_of
from workers.cli.options import Config
from workers.cli.show import say

if TYPE_CHECKING:
    from workers.settings import Settings

_REMAP = "REMAP_SIGTERM"

LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option("--log-level", help="What is logged at least, instead of the settings' logs.level."),
]


def worker(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="A worker of workers/fleet.toml, such as intake.")],
    company: Annotated[
        str | None, typer.Option(metavar="ABC", help="The company, for a role that has workers for each one.")
    ] = None,
    number: Annotated[int, typer.Option(min=1, help="Tells several workers of one role on one machine apart.")] = 1,
    log_level: LogLevel = None,
    config: Config = None,
) -> None:
    """Run one Celery worker of a role: its queues, its pool, one slot.

    SIGTERM stops it in good order. Start more processes for more work; a company has one sage-writer only.

    [dim]Example: tidegate worker sage-writer --company ABC[/]
    """
    from workers.roles import load_fleet

    settings = settings_of(config)
    declared = load_fleet()
    options = declared.worker_options(role, company, number=number)
    if company is not None:
        _check_company(settings, company)
    # Celery reads this variable once, when it is imported; and one that we inherited would make a solo worker's warm
    # stop a cold one, which throws an error into a call to Sage (reference celery-redis.md, fact 9).
    os.environ.pop(_REMAP, None)
    os.environ.update(declared.role(role).environment)
    from celery.utils.nodenames import host_format

    from workers.app import make_app, observe
    from workers.celery_lines import follow_celery, run_worker
    from workers.logs import start_logs
    from workers.metrics.starting import begin, number_of
    from workers.traces.starting import trace
    from workers.wiring import build_fleet

    start_logs(settings, f"{role}.{company or number}", level=log_level)
    follow_celery()
    build_fleet(settings, "check")  # mappings and profiles are wrong now, or never; and a forked child starts warm
    app = make_app(settings, role)
    observe(app, begin(settings, role, number if company is None else number_of(settings, company)))
    app.observer = trace(settings, role, app.observer)
    app.conf.worker_soft_shutdown_timeout = declared.role(role).soft_shutdown_s or 0
    made = app.Worker(**{**options, "hostname": host_format(options["hostname"])}, quiet=True)
    raise typer.Exit(run_worker(made))


def beat(log_level: LogLevel = None, config: Config = None) -> None:
    """Run Celery's beat, which wakes what is due. A second one does no harm.

    [dim]Example: tidegate beat --config /etc/tidegate.toml[/]
    """
    settings = settings_of(config)
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    from workers.app import make_app, observe
    from workers.celery_lines import follow_celery
    from workers.logs import start_logs
    from workers.metrics.starting import begin

    start_logs(settings, "beat", level=log_level)
    follow_celery()
    app = make_app(settings, "beat")
    observe(app, begin(settings, "beat"))
    app.Beat(quiet=True).run()


def flower(config: Config = None) -> None:
    """Run Flower, read-only and behind its log-in: workers, tasks, queues and dead-letter queues.

    [dim]Example: tidegate flower; then open /flower/ of the desk, or http://127.0.0.1:5555/flower/[/]
    """
    from importlib.resources import files

    settings = settings_of(config)
    if settings.flower is None:
        raise Misconfigured("flower: the settings have no [flower]; add one with password and cookie_secret")
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    from celery.bin.celery import celery

    from workers.app import make_app
    from workers.celery_lines import follow_celery
    from workers.logs import start_logs

    start_logs(settings, "flower")
    follow_celery()
    celery.params[0].default = make_app(settings, "flower")
    celery.main(args=["flower", f"--conf={files('workers') / 'flowerconfig.py'}"])


def receiver(log_level: LogLevel = None, config: Config = None) -> None:
    """Run the webhook door: it answers 202 once the broker has an event on disk.

    [dim]Example: tidegate receiver; then a site sends to http://127.0.0.1:8080/webhooks/shop[/]
    """
    settings = settings_of(config)
    if settings.receiver is None:
        raise Misconfigured("receiver: the settings have no [receiver]; add one with its connections")
    from tasks import nudge
    from workers.app import make_app, observe
    from workers.logs import start_logs
    from workers.metrics.declared import DOOR_REQUESTS
    from workers.metrics.starting import begin
    from workers.receiver.server import serve

    start_logs(settings, "receiver", level=log_level)
    app, meter = make_app(settings, "receiver"), begin(settings, "receiver")
    observe(app, meter)
    serve(
        settings.receiver,
        redis_url=settings.broker.url.get_secret_value(),
        on_events=lambda: nudge("events.intake"),
        on_answer=lambda kind: meter.note(DOOR_REQUESTS, 1, kind) if meter else None,
    )


def agent(log_level: LogLevel = None, config: Config = None) -> None:
    """Run the Sage agent, beside Sage on Windows: it lends Sage's sessions out over HTTP.

    [dim]Example: tidegate agent --config C:\\tidegate\\tidegate.toml[/]
    """
    settings = settings_of(config)
    if settings.agent is None:
        raise Misconfigured("agent: the settings have no [agent]; add one with host, port and [agent.settings]")
    from workers.agent import serve
    from workers.logs import start_logs
    from workers.metrics.declared import AGENT_REQUESTS
    from workers.metrics.starting import begin

    start_logs(settings, "agent", level=log_level)
    meter = begin(settings, "agent")
    serve(
        settings.agent.settings,
        settings.agent.host,
        settings.agent.port,
        on_answer=lambda status: meter.note(AGENT_REQUESTS, 1, str(status)) if meter else None,
    )


def metrics(config: Config = None) -> None:
    """Show Prometheus how ledger and broker stand: what waits and for how long, queues, seats, silence.

    Every other program shows what it does itself, on a port of its own, once the settings have a section for metrics.

    [dim]Example: tidegate metrics; then read http://127.0.0.1:9400/metrics[/]
    """
    settings = settings_of(config)
    if settings.metrics is None:
        raise Misconfigured("metrics: the settings have no [metrics]; add one, which may be empty")
    from workers.metrics.starting import serve_standing

    serve_standing(settings)


def desk(config: Config = None) -> None:
    """Run the desk: the pages on which people see what is pending, confirmed or stuck, behind a log-in.

    [dim]Example: tidegate desk; then open http://127.0.0.1:8095[/]
    """
    from workers.desk_service import serve

    serve(settings_of(config))


def desk_password() -> None:
    """Ask for a password twice, and print its hash for [desk.users.NAME] of the settings.

    [dim]Example: tidegate desk-password[/]
    """
    from desk.passwords import hash_of

    typer.echo(hash_of(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))


def migrate(config: Config = None) -> None:
    """Bring the ledger's database to this release's schema. Twice is the same as once.

    [dim]Example: tidegate migrate[/]
    """
    from bridge.ledger.migrate import migrate as upgrade
    from bridge.ledger.migrate import present_revision

    with reach_ledger(settings_of(config)) as database:
        before = present_revision(database)
        upgrade(database)
        after = present_revision(database)
    say(f"the ledger is at revision {after}" + (", as before" if before == after else f", from {before or 'nothing'}"))


def _check_company(settings: "Settings", company: str) -> None:
    known = sorted(lane.partition(":")[2] for lane in settings.lanes)
    if company not in known:
        raise Misconfigured(f"--company {company!r}: no lane of [lanes] has it; use one of {', '.join(known)}")
