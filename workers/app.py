"""The Celery app: `celery -A workers.app` and `tidegate worker ROLE` both end here."""

import os
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from celery import Celery
from celery.signals import task_success

import tasks
from bridge.fleet import Fleet
from workers.heart import Heart
from workers.roles import load_fleet
from workers.schedule import beat_schedule
from workers.settings import CONFIG_VARIABLE, Settings, load_settings
from workers.waking import Woken

VISIBILITY_TIMEOUT_S = 7200
"""Longer than the longest window, for all roles alike: the shortest on a Redis wins (celery-redis.md, fact 5)."""


class TidegateApp(Celery):
    """Celery with the process's ports, made when they are first asked for (so after a prefork's fork)."""

    settings: Settings
    role = "worker"
    heart: Heart
    _built: tuple[int, Fleet] | None = None

    @property
    def fleet(self) -> Fleet:
        """The ports of this very process; a forked child builds its own."""
        if self._built is None or self._built[0] != os.getpid():
            from workers.wiring import build_fleet

            self._built = os.getpid(), build_fleet(self.settings, self.role)
        return self._built[1]

    @cached_property
    def begun(self) -> dict[tuple[Any, ...], float]:
        """When the last run of each task began in this process, see `workers/waking.py`."""
        return {}

    @cached_property
    def declared(self) -> Any:
        """The fleet's file: roles, queues and where each task goes."""
        return load_fleet()


def make_app(settings: Settings, role: str = "worker") -> TidegateApp:
    """An app with every task of `tasks/`, routed as `fleet.toml` says."""
    app = TidegateApp("tidegate", task_cls=Woken)
    app.settings = settings
    app.role = role
    app.heart = Heart(lambda: app.fleet, note_s=settings.silence.note_s)
    url = settings.broker.url.get_secret_value()
    app.conf.update(
        broker_url=url,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_acquire_timeout=10,
        task_routes=(_route(app),),
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_send_task_events=True,
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=5000,
        task_default_delivery_mode=2,
        task_publish_retry=False,
        timezone="UTC",
        enable_utc=True,
        beat_schedule=beat_schedule(settings),
        beat_scheduler="workers.pulse:Pulse",
    )
    for module in iter_modules(tasks.__path__):
        import_module(f"tasks.{module.name}")
    app.set_default()
    return app


@task_success.connect  # sent in the process that ran the task: the child of a prefork worker, a solo worker itself
def _beat(sender: Any, **_: Any) -> None:
    if isinstance(sender.app, TidegateApp):
        sender.app.heart.beat(sender.request)


def _route(app: TidegateApp) -> Any:
    def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_: Any) -> dict[str, str] | None:  # noqa: ARG001
        if name not in app.declared.tasks:
            return None
        company = str(args[0]).partition(":")[2] if args else None
        return {"queue": app.declared.queue_of(name, company)}

    return route


def __getattr__(name: str) -> TidegateApp:
    """`celery -A workers.app` finds its app here, made from the configuration file."""
    if name in {"app", "celery"}:
        return make_app(load_settings(Path(os.environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in os.environ else None))
    raise AttributeError(name)
