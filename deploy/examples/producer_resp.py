#!/usr/bin/env python3
"""Puts one event into Tidegate's stream with nothing but a socket; docs/events-door.md says what an entry holds.

    TIDEGATE_BROKER_PASSWORD=... producer_resp.py 127.0.0.1 6379 events:clarity main evt_1 order.created < body.json

Prints the entry's id once the broker has it on disk. Ends with a message and code 1 otherwise: the event is then not
known to be stored, so send it again with the same event id; a repeat does no harm.
"""

import os
import socket
import sys
from datetime import UTC, datetime

TIMEOUT_S = 10


class Refused(Exception):
    """The broker answered with an error, and has stored nothing."""


def command(*words):
    """One command in RESP: the number of words, then each with its length in bytes."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def reply(stream):
    """The next reply, if it is a line or a text, which is all that AUTH and XADD answer with."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the broker went away before its reply")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise Refused(rest.decode())
    if kind == b"$":
        return stream.read(int(rest) + 2)[:-2].decode()
    return rest.decode()


def main():
    host, port, stream_name, connection, event_id, topic = sys.argv[1:]
    body = sys.stdin.buffer.read()
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as peer, peer.makefile("rb") as replies:
        password = os.environ.get("TIDEGATE_BROKER_PASSWORD")
        if password:
            peer.sendall(command("AUTH", password))
            reply(replies)
        fields = {
            "v": "1",
            "connection": connection,
            "event_id": event_id,
            "topic": topic,
            "received_at": datetime.now(UTC).isoformat(),
            "source": "submit",
            "body": body,
        }
        # "*" lets the broker choose the id. Never MAXLEN: it would throw away events that nobody has read.
        words = [word for pair in fields.items() for word in pair]
        peer.sendall(command("XADD", stream_name, "*", *words))
        sys.stdout.write(f"{reply(replies)}\n")


if __name__ == "__main__":
    try:
        main()
    except (OSError, Refused) as error:
        sys.exit(f"not known to be stored: {error}")
