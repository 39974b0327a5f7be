"""`python -m seqkit` and the `seqkit` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    from seqkit.openmp import wait_passively

    # Before a plugin can load torch.
    wait_passively()
    from seqkit.cli.main import run_command_line

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
