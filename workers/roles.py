"""The roles of the fleet, read from `fleet.toml`: the one file that declares roles, queues and where tasks go."""

import re
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.errors import Misconfigured

FLEET_FILE = Path(__file__).with_name("fleet.toml")

_COMPANY = "{company}"
_COMPANY_NAME = re.compile(r"[A-Za-z0-9_]+")


class Role(BaseModel):
    """One kind of operating-system process in the fleet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="How people call it, as in `tidegate worker NAME`.")
    does: str = Field(description="What it is there for, in a sentence.")
    runs: Literal["worker", "beat", "flower", "server"] = Field(
        description="A program of Celery's, or a server of ours."
    )
    queues: tuple[str, ...] = Field((), description="Queues that it consumes; {company} stands for each company.")
    pool: Literal["prefork", "solo"] | None = Field(None, description="How a worker runs its task.")
    concurrency: Literal[1] = Field(1, description="Slots a process; one, for we scale by processes.")
    processes: int = Field(1, ge=1, description="How many to start by default, for each company if it has one.")
    stop: Literal["warm", "soft"] = Field(
        description="warm: a running task ends; soft: it gets some time, then goes back."
    )
    grace_s: float = Field(gt=0, description="Seconds from the stop signal to the kill.")
    soft_shutdown_s: float | None = Field(None, gt=0, description="Seconds that a soft stop gives to a running task.")
    longest_call_s: float | None = Field(None, gt=0, description="Seconds that a solo worker's longest call may take.")

    @property
    def is_per_company(self) -> bool:
        """Whether each company has workers of its own."""
        return any(_COMPANY in queue for queue in self.queues)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that the process needs beside its settings.

        SIGTERM becomes Celery's soft stop on prefork; a solo worker must never see that one, for it would throw an
        error into the running call (reference celery-redis.md, facts 9 and 1.3).
        """
        return {"REMAP_SIGTERM": "SIGQUIT"} if self.stop == "soft" else {}

    @model_validator(mode="after")
    def _is_a_whole(self) -> Self:
        if self.runs == "worker":
            self._check_worker()
        elif self.queues or self.pool or self.soft_shutdown_s or self.longest_call_s or self.stop != "warm":
            raise ValueError(
                f"runs = {self.runs!r} takes no queues, pool or soft stop; remove them, or set runs = 'worker'"
            )
        return self

    def _check_worker(self) -> None:
        if not self.queues or self.pool is None:
            raise ValueError("a worker needs queues and a pool; add them, or say what else it runs")
        if (self.pool, self.stop) not in {("prefork", "soft"), ("solo", "warm")}:
            raise ValueError(f"a {self.pool} worker cannot stop {self.stop}; use prefork with soft, solo with warm")
        at_least = self.soft_shutdown_s if self.pool == "prefork" else self.longest_call_s
        if at_least is None or self.grace_s <= at_least:
            name = "soft_shutdown_s" if self.pool == "prefork" else "longest_call_s"
            raise ValueError(f"{name} = {at_least} must be set and less than grace_s = {self.grace_s}")
        if self.is_per_company and self.processes != 1:
            raise ValueError(f"processes = {self.processes}, but a lane has one writer at a time; set 1")


class Fleet(BaseModel):
    """All roles, and the queue of each task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: dict[str, str] = Field(description="The queue that each task is sent to, by the task's name.")
    roles: dict[str, Role] = Field(description="The roles by name.")

    def role(self, name: str) -> Role:
        """The role of that name. Raises `Misconfigured` with the names there are."""
        if name not in self.roles:
            raise Misconfigured(f"no role {name!r} in {FLEET_FILE.name}; use one of: {', '.join(self.roles)}")
        return self.roles[name]

    def queues(self, *companies: str) -> tuple[str, ...]:
        """Every queue of a fleet for these companies; a queue per company once for each of them."""
        names = (_fill(queue, company) for queue in self._declared() for company in _companies_of(queue, companies))
        return tuple(dict.fromkeys(names))

    def queue_of(self, task: str, company: str | None = None) -> str:
        """The queue that a message of `task` goes to. Raises `Misconfigured` for an unknown task or missing company."""
        if task not in self.tasks:
            raise Misconfigured(f"task {task!r} has no queue; add it under [tasks] in {FLEET_FILE.name}")
        return _fill(self.tasks[task], company)

    def worker_options(self, name: str, company: str | None = None, *, number: int = 1) -> dict[str, Any]:
        """What Celery's `app.Worker` takes for a role; `number` tells its processes apart.

        Raises `Misconfigured` for a role that is no Celery worker, and for a company missing or too many.
        """
        role = self.role(name)
        if role.runs != "worker":
            raise Misconfigured(f"role {name!r} is no Celery worker; start it as `tidegate {name}`")
        if company is not None and not role.is_per_company:
            raise Misconfigured(f"role {name!r} serves every company; leave out company {company!r}")
        return {
            "hostname": f"{role.name}.{company or number}@%h",
            "queues": [_fill(queue, company) for queue in role.queues],
            "pool": role.pool,
            "concurrency": role.concurrency,
            "without_gossip": True,
            "without_mingle": True,
        }

    def _declared(self) -> list[str]:
        return [queue for role in self.roles.values() for queue in role.queues]

    @model_validator(mode="after")
    def _every_queue_has_both_ends(self) -> Self:
        sent_to, consumed = set(self.tasks.values()), set(self._declared())
        if sent_to - consumed:
            raise ValueError(f"no role consumes {sorted(sent_to - consumed)}; add them to a role's queues")
        if consumed - sent_to:
            raise ValueError(f"no task is sent to {sorted(consumed - sent_to)}; remove them, or name a task in [tasks]")
        return self


def load_fleet(path: Path = FLEET_FILE) -> Fleet:
    """Reads and checks the fleet's file. Raises `Misconfigured` with the place, the value and the way out."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(
            f"{path}: cannot be read as TOML ({error}); correct it or restore it from the release"
        ) from error
    for name, role in data.get("roles", {}).items():
        role.setdefault("name", name)
    try:
        return Fleet.model_validate(data)
    except ValidationError as error:
        raise Misconfigured("\n".join(f"{path}: {_in_words(one)}" for one in error.errors())) from error


def _companies_of(queue: str, companies: tuple[str, ...]) -> tuple[str | None, ...]:
    return companies if _COMPANY in queue else (None,)


def _fill(queue: str, company: str | None) -> str:
    if _COMPANY not in queue:
        return queue
    if company is None or not _COMPANY_NAME.fullmatch(company):
        raise Misconfigured(f"queue {queue!r} needs a company, got {company!r}; give its code, such as ABC")
    return queue.replace(_COMPANY, company)


def _in_words(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the file as a whole"
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown; remove it or correct its name"
    return f"{place} = {error['input']!r}: {error['msg']}" if error["loc"][2:] else f"{place}: {error['msg']}"
