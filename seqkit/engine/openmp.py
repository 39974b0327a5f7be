"""How the threads of a computation wait for each other.

OpenMP's threads spin while they wait, which is fast on an idle machine; on a busy one each takes
the core that another waits for, and training of seconds takes minutes. Threads that sleep at once
make small models several times slower on an idle machine. seqkit has them spin for a moment, which
bridges the gaps between small operations, and then sleep.
"""

from __future__ import annotations

import os
import sys

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Variables by which a user says how threads wait; where one is set, seqkit sets nothing."""


SPINS = "2000"
"""How often a thread looks before it sleeps: some microseconds."""


def wait_passively() -> None:
    """Has threads sleep after a short spin, in this process and those it starts.

    The runtime of OpenMP reads it once, when torch is loaded: where that has happened, or the user
    has set one of `WAITING`, nothing is done.
    """
    if "torch" not in sys.modules and not any(name in os.environ for name in WAITING):
        os.environ["OMP_WAIT_POLICY"] = "passive"
        # Of GNU's runtime, which torch has on Linux; others know the policy alone.
        os.environ["GOMP_SPINCOUNT"] = SPINS
