"""Drawings by matplotlib, as PNG or SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.data import written_whole
from seqkit.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 12
"""Plots of a picture; a file of hundreds could be read by nobody."""


def write_plots(
    plots: Sequence[Callable[[Axes], None]], path: Path, what: str, heights: Sequence[float]
) -> None:
    """Draws plots one below the other; the file's ending is the format.

    Of more than `MOST_DRAWN` plots the first are drawn, and the picture says so.

    Args:
        plots: Each draws one plot.
        path: The file.
        what: What the plots are of, in the plural: `columns`.
        heights: Inches of each plot.

    Raises:
        ConfigurationError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            f"{path} would be drawn by matplotlib, which is not installed. "
            "Install it: pip install 'seqkit[plot]'"
        ) from error
    drawn, sizes = plots[:MOST_DRAWN], list(heights[:MOST_DRAWN])
    # Names from data are no formulas. A fixed salt makes the same drawing the same SVG.
    with mpl.rc_context({"svg.hashsalt": "seqkit", "text.parse_math": False}):
        figure = Figure(figsize=(9, 1.2 + sum(sizes)), layout="constrained")
        ratios = {"height_ratios": sizes}
        every = figure.subplots(len(drawn), squeeze=False, gridspec_kw=ratios)[:, 0]
        for axes, draw in zip(every, drawn, strict=True):
            draw(axes)
        if len(plots) > len(drawn):
            figure.supxlabel(f"{len(drawn)} of {len(plots)} {what}", fontsize="small")
        if every[0].get_legend_handles_labels()[0]:
            every[0].legend(loc="upper left", fontsize="small", frameon=False)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        with written_whole(path) as aside:
            figure.savefig(aside, dpi=150, metadata=metadata)
