"""The Sage agent as a process of its own for tests: `python -m tests.contract.run_agent <settings.json> <port>`."""

import sys
from pathlib import Path

from workers.agent import AgentSettings, serve
from workers.logs import quiet_logs

if __name__ == "__main__":
    quiet_logs()
    serve(AgentSettings.model_validate_json(Path(sys.argv[1]).read_bytes()), "127.0.0.1", int(sys.argv[2]))
