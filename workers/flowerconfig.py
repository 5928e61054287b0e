"""Flower's configuration, which Flower executes: `flower --conf=workers/flowerconfig.py`, as `tidegate flower` does.

Each name that is an option of Flower's sets it. The secrets come from the settings (`$TIDEGATE_CONFIG`), so that none
of them is on a command line.
"""

from flower.views import BaseHandler
from flower.views.monitor import Metrics
from tornado.web import authenticated

from workers.dead_queues import ENTITIES, queue_name
from workers.roles import load_fleet
from workers.settings import FlowerSettings, Settings, load_settings


def _flower_of(settings: Settings) -> FlowerSettings:
    if settings.flower is None:
        raise SystemExit("flower: the settings have no [flower]; add one with password and cookie_secret")
    return settings.flower


_settings = load_settings()
_flower = _flower_of(_settings)
_companies = [lane.partition(":")[2] for lane in _settings.lanes]
_ours = {*load_fleet().queues(*_companies), *map(queue_name, ENTITIES)}

address = _flower.host
port = _flower.port
basic_auth = [f"{_flower.user}:{_flower.password.get_secret_value()}"]
cookie_secret = _flower.cookie_secret.get_secret_value()
read_only = True
url_prefix = "flower"  # where the desk has it, which passes on what administrators look at
max_tasks = 10_000  # its own 100,000 are kept in memory, and it stands still while it saves them
purge_offline_workers = 86_400  # seconds; else its metrics grow with every worker that there ever was
persistent = True
db = str(_flower.state_file or _settings.run_folder / "flower.state")
state_save_interval = 60_000

_consumed = BaseHandler.get_active_queue_names


def _queue_names(handler: BaseHandler) -> list[str]:
    """Flower 2.2.0 names only queues that a live worker consumes: a queue whose worker died, and the dead-letter
    queues, which nobody consumes, are just those that an admin must see (reference celery-redis.md, section 2)."""
    return sorted({*_consumed(handler), *_ours} - {handler.capp.conf.task_default_queue})


BaseHandler.get_active_queue_names = _queue_names
Metrics.get = authenticated(Metrics.get)  # Flower leaves /metrics open whatever its log-in is
