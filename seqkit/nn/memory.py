"""How the memory of tensors is asked for on a CPU."""

from __future__ import annotations

import os


def use_huge_pages() -> None:
    """Makes PyTorch ask Linux for huge pages for its large CPU tensors.

    A training step frees and maps again hundreds of megabytes of activations, and with pages of
    4 kB the faults took a fifth to a third of an LSTM's step. Results and peak memory do not
    change. (Keeping freed blocks through malloc's own thresholds is as fast, but fragments as the
    batches' lengths vary: resident memory tripled within 60 steps.)

    Takes effect if called before the process makes its first tensor; elsewhere than on Linux, or
    where huge pages are forbidden, nothing happens. `THP_MEM_ALLOC_ENABLE=0` in the environment
    turns it off.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
