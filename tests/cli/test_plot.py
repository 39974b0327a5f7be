"""The plot of losses in text."""

import math

import pytest

from seqkit.terminal.output import Piece
from seqkit.terminal.plot import plot_losses

TRAIN = [(step / 20, 0.1 + math.exp(-step / 30)) for step in range(1, 101)]
VALIDATION = [(1.0, 0.6), (2.0, 0.4), (3.0, 0.35), (4.0, 0.36), (5.0, 0.38)]


def text(lines: list[list[Piece]]) -> list[str]:
    return ["".join(p if isinstance(p, str) else p[0] for p in line) for line in lines]


@pytest.mark.parametrize("unicode", [True, False])
def test_the_plot_fits_its_width_and_height(unicode: bool) -> None:
    lines = text(plot_losses(TRAIN, VALIDATION, width=60, height=8, unicode=unicode))
    assert len(lines) == 8 + 3
    assert max(map(len, lines)) <= 60
    assert all(line.isascii() for line in lines) is not unicode


def test_the_axis_names_the_highest_and_lowest_loss_and_the_epochs() -> None:
    lines = text(plot_losses(TRAIN, VALIDATION))
    highest, lowest = TRAIN[0][1], TRAIN[-1][1]
    assert lines[0].split()[0] == f"{highest:.3f}"
    assert lines[7].split()[0] == f"{lowest:.3f}"
    assert lines[9].split() == ["0", "epoch", "5"]


def test_every_evaluation_is_marked_at_its_place() -> None:
    lines = text(plot_losses([], [(0.0, 1.0), (1.0, 0.0)], width=40, height=4, unicode=False))
    assert lines[0].index("o") < lines[3].index("o")
    assert sum(line.count("o") for line in lines[:4]) == 2


def test_a_falling_loss_falls_in_the_plot() -> None:
    lines = text(plot_losses([(0.0, 1.0), (1.0, 0.0)], [], width=40, height=8, unicode=False))
    first = [line.partition("|")[2].find(".") for line in lines[:8]]
    assert first == sorted(first)


@pytest.mark.parametrize(
    ("train", "validation"),
    [([], []), ([(1.0, 0.5)], [(1.0, 0.4)]), ([(1.0, math.nan), (2.0, math.inf)], [(1.0, 0.5)])],
)
def test_too_few_points_draw_nothing(
    train: list[tuple[float, float]], validation: list[tuple[float, float]]
) -> None:
    assert plot_losses(train, validation) == []


def test_a_constant_loss_is_a_level_line() -> None:
    lines = text(plot_losses([(0.0, 0.5), (1.0, 0.5)], [], unicode=False))
    assert sum("." in line.partition("|")[2] for line in lines[:8]) == 1
