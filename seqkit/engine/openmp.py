"""How the threads of a computation wait for each other.

OpenMP's threads spin while they wait, which is fast on an idle machine; on a busy one each takes
the core that another waits for, and training of seconds takes minutes. seqkit has them sleep
instead, which costs an idle machine next to nothing.
"""

from __future__ import annotations

import os
import sys

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Variables by which a user says how threads wait; where one is set, seqkit sets nothing."""


def wait_passively() -> None:
    """Sets `OMP_WAIT_POLICY=passive` for this process and those it starts.

    The runtime of OpenMP reads it once, when torch is loaded: where that has happened, or the user
    has set one of `WAITING`, nothing is done.
    """
    if "torch" not in sys.modules and not any(name in os.environ for name in WAITING):
        os.environ["OMP_WAIT_POLICY"] = "passive"
