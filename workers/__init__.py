"""How the fleet runs: the Celery app, roles, beat, receiver, Sage agent and command line."""
