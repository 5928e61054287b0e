"""Ties a program to its supervisor: `tether.py PARENT_PID PROGRAM ARGS...` becomes the program, which the kernel then
kills as soon as the parent dies, however it dies. It uses nothing outside the standard library.

Only Linux offers that. On macOS a child outlives a supervisor that was killed; the state file still names its pid.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Asks for the parent-death signal, then replaces itself by the program; its pid stays the same."""
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL)) != 0:
        sys.exit("tether: the kernel refused a parent-death signal; nothing was started")
    if os.getppid() != parent:
        sys.exit("tether: the supervisor died first; nothing was started")
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - a fixed argument list needs no shell
    except OSError as error:
        sys.exit(f"tether: cannot run {argv[0]!r} ({error}); is it installed and on the PATH?")


if __name__ == "__main__":
    main()
