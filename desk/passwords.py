"""Passwords as Argon2 hashes, and how often anybody may try one."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bridge.buckets import Buckets, RateBound
from bridge.errors import Misconfigured, Throttled
from desk.settings import DeskSettings, DeskUser

LEAST_CHARS = 12
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody's password")
"""A stranger's name takes as long as a known one, so that time tells no names."""

_AT_ONCE = 2
"""Hashes that are computed at the same time: each takes 64 MB."""

PER_NAME = RateBound(per_s=1 / 30, burst=10)
PER_ADDRESS = RateBound(per_s=1 / 5, burst=30)


def hash_of(password: str) -> str:
    """The hash that goes into the settings; another each time. Raises `Misconfigured` for one that is too short."""
    if len(password) < LEAST_CHARS:
        raise Misconfigured(f"a password of {len(password)} characters is too short; take {LEAST_CHARS} or more")
    return _HASHER.hash(password)


class Door:
    """Says whether a name and a password belong together, and slows down who guesses.

    Counts in this process. Raises `Misconfigured` when made with a user whose password is no Argon2 hash.
    """

    def __init__(self, settings: DeskSettings) -> None:
        self._users = settings.users
        self._of_names = Buckets(PER_NAME)
        self._of_addresses = Buckets(PER_ADDRESS)
        self._slots = BoundedSemaphore(_AT_ONCE)
        for name, user in self._users.items():
            _check_hash(name, user)

    def admit(self, name: str, password: str, address: str) -> DeskUser | None:
        """The user, or None when name or password is wrong. Raises `Throttled` after too many tries."""
        for bucket, key in ((self._of_addresses, address), (self._of_names, name)):
            if wait_s := bucket.take(key):
                raise Throttled("too many log-ins were tried; wait a little", after_s=wait_s)
        user = self._users.get(name)
        with self._slots:
            is_right = _fits(user.password.get_secret_value() if user else _NOBODY, password)
        return user if is_right else None


def _fits(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _check_hash(name: str, user: DeskUser) -> None:
    try:
        _HASHER.check_needs_rehash(user.password.get_secret_value())
    except InvalidHashError:
        text = f"desk.users.{name}.password is no Argon2 hash; make one with `tidegate desk-password`"
        raise Misconfigured(text) from None
