"""Keys under which a write takes effect once (reference clarity.md 2.5)."""

import hashlib


def idempotency_key(connection: str, entity: str, source_id: str, action: str, source_version: str) -> str:
    """64 hex digits made of what the write means, never of chance: the same write always has the same key. Pure."""
    parts = (connection, entity, source_id, action, source_version)
    # each part with its length, so that no two writes can share a text
    recipe = ":".join(f"{len(part)}.{part}" for part in parts)
    return hashlib.sha256(recipe.encode()).hexdigest()
