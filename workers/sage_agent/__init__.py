"""The Sage agent: a small ASGI service beside Sage that lends sessions out, one child process each."""
