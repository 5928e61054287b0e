"""Images are pinned, and ours is built of what the project says, for a user who may do nothing."""

import re

from tests.guards.compose_file import SERVICES
from tests.guards.tree import ROOMS, ROOT

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / "deploy/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
PIN = re.compile(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?")


def test_every_image_has_an_exact_version() -> None:
    images = [service["image"] for service in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not PIN.fullmatch(image)] == []


def test_our_image_has_the_projects_version() -> None:
    [version] = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert {service["image"] for service in SERVICES.values() if "build" in service} == {f"tidegate:{version}"}


def test_the_image_gets_the_rooms_and_the_lock_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    wanted = {"requirements.lock pyproject.toml", *ROOMS}
    assert copied == wanted
    sent = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert sent == {word for words in wanted for word in words.split()}
    assert "*" in IGNORED
    assert "--constraint requirements.lock" in DOCKERFILE


def test_the_image_uses_the_installer_that_run_uses() -> None:
    [of_run] = re.findall(r"^uv_version=(\S+)$", (ROOT / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"uv=={of_run}\n" in DOCKERFILE


def test_the_image_runs_as_nobody_in_an_empty_folder() -> None:
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert re.search(r"^WORKDIR /empty$", final, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["tidegate"\]$', final, re.MULTILINE)
    assert "ADD " not in DOCKERFILE
    assert "curl" not in DOCKERFILE
