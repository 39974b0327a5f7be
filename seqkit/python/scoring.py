"""Scores from Python: `seqkit.evaluate` of one run, and `seqkit.compare` of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.engine.openmp import wait_passively
from seqkit.experiments.words import words_of
from seqkit.paths import runs_home
from seqkit.python.data import table_file
from seqkit.python.running import Result, found
from seqkit.python.spelling import in_python, keywords_of_python
from seqkit.registry.discovery import load_registry
from seqkit.registry.in_memory import Given

if TYPE_CHECKING:
    from seqkit.runs.comparison import Comparison

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Evaluation:
    """The score of a run on a split, or on newly labelled data.

    Attributes:
        document: Everything, as `seqkit evaluate --json` writes it.
    """

    document: Mapping[str, Any]

    @property
    def examples(self) -> int:
        """How many examples were scored."""
        return int(self.document["examples"])

    @property
    def left_out(self) -> int:
        """How many records could not be scored, such as those of an unknown class."""
        return int(self.document["left_out"])

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(self.document["loss"])

    @property
    def metrics(self) -> dict[str, Any]:
        """The value of each metric."""
        return dict(self.document["metrics"])

    @property
    def baselines(self) -> dict[str, Mapping[str, float]]:
        """Metrics of simple answers to the same examples."""
        return dict(self.document["baselines"])

    @property
    def names(self) -> dict[str, list[str]]:
        """What rows and columns of a metric that is a table stand for."""
        return dict(self.document["about"]["names"])

    @property
    def per_class(self) -> Rows:
        """A row of numbers for each class or label; empty where no metric has any."""
        return dict(next(iter(self.document["details"].values()), {}))

    @property
    def parts(self) -> dict[str, Rows]:
        """`examples` and `metrics` of each series, column and slice, by the kind of part."""
        return dict(self.document["parts"])

    @property
    def threshold(self) -> Mapping[str, Any] | None:
        """The probability from which one of two classes is told, and the best one."""
        told: Mapping[str, Any] | None = self.document["threshold"]
        return told

    def rows(self, kind: str = "") -> list[dict[str, Any]]:
        """Returns a table as rows, for a DataFrame: of the classes, or of a kind of part."""
        if not kind:
            return [{"class": name, **values} for name, values in self.per_class.items()]
        return [
            {kind: name, "examples": part["examples"], **part["metrics"]}
            for name, part in self.parts[kind].items()
        ]


def evaluate(
    run: str | Path | Result,
    data: Any = None,
    *,
    split: str = "test",
    metrics: str | Sequence[str] = (),
    by: str = "",
    threshold: str | float = "",
    runs_dir: str | Path | None = None,
    plugins: Given | Iterable[Given] = (),
    device: str = "auto",
    checkpoint: str = "best",
    **settings: Any,
) -> Evaluation:
    """Scores a run on a split of its dataset, or on newly labelled data.

    Args:
        run: As of `load`.
        data: Newly labelled data: the path of a file, a DataFrame, columns by name, or a list of
            dictionaries. The split is scored when not given.
        split: The split.
        metrics: Names of other metrics than the run's own.
        by: A column of the data, whose values are scored one by one.
        threshold: The probability from which one of two classes is told, `CLASS=0.3` or the number
            alone; `best` for the best on validation.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: As of `load`.
        device: auto, cpu, cuda, mps or xpu.
        checkpoint: `best`, `last`, or the name of a checkpoint.
        **settings: Settings of metrics, by metric: `{"average": "macro"}`.

    Raises:
        SeqkitError: There is no such run, split, metric or column, or the data cannot be read.
    """
    wait_passively()
    from seqkit.engine.evaluate import Wanted, evaluate_run
    from seqkit.engine.predict import warn

    folder, given = found(run, runs_dir, plugins)
    names = [name.strip() for name in metrics.split(",")] if isinstance(metrics, str) else metrics
    wanted = Wanted(
        split=split,
        file=None if data is None else table_file(data, "labelled"),
        metrics=[name for name in names if name],
        settings=words_of(settings),
        by=by,
        threshold=str(threshold),
    )
    registry = load_registry(given)
    kept = wanted.file if not isinstance(data, str | Path) else None
    with keywords_of_python(kept):
        document = evaluate_run(
            folder,
            registry,
            device=device,
            checkpoint=checkpoint,
            notify=lambda text: warn(in_python(text, kept)),
            wanted=wanted,
        )
    return Evaluation(document)


def compare(
    *runs: str | Path | Result, metric: str = "", runs_dir: str | Path | None = None
) -> Comparison:
    """Compares runs: their scores by setting, and whether there is evidence of a difference.

    Args:
        *runs: Runs, as of `load`, or names of groups that sweeps made.
        metric: What to compare by; what chose the best checkpoint when empty.
        runs_dir: The folder of runs; `runs` when not given.

    Raises:
        SeqkitError: There is no such run, or none has such a metric.
    """
    from seqkit.runs.compare import compare_runs
    from seqkit.runs.folder import group_members, is_run

    home = Path(runs_dir) if runs_dir is not None else runs_home()
    folders = {}
    for run in runs:
        group = isinstance(run, str) and not is_run(home / run) and not is_run(Path(run))
        members = group_members(str(run), home) if group else []
        for folder in members or [found(run, runs_dir, ())[0]]:
            folders[folder.path.resolve()] = folder
    return compare_runs(list(folders.values()), metric)
