"""`python -m seqkit` and the `seqkit` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    # Threads that spin while they wait for each other are many times slower where other work runs
    # beside them. OpenMP reads this once, as torch is imported, here and in processes started.
    if not {"GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & set(os.environ):
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from seqkit.cli.main import run_command_line

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
