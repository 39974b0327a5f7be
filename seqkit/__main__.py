"""`python -m seqkit` and the `seqkit` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    from seqkit.engine.openmp import wait_passively

    # Before a plugin can load torch.
    wait_passively()
    from seqkit.cli.main import run_command_line
    from seqkit.engine.signals import Signals

    # Also of commands that train nothing, SIGTERM and SIGHUP remove what is half written.
    with Signals():
        code = run_command_line(sys.argv[1:])
    sys.exit(code)


if __name__ == "__main__":
    main()
