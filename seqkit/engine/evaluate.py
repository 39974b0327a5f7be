"""Scoring a trained model: on a split of its dataset, or on a newly labelled file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqkit.api import Arrays, Notify, ignore
from seqkit.engine.attribution import attributed_in
from seqkit.engine.breakdown import Breakdown, Grouping, by_value
from seqkit.engine.encoding import EncodedData, encode_for_run
from seqkit.engine.final_evaluation import with_baseline
from seqkit.engine.judging import verdict_on
from seqkit.engine.labelled import column_of, read_labelled
from seqkit.engine.learner import Learner, Watch
from seqkit.engine.metadata import about_metrics
from seqkit.engine.predict import Predictor, load_predictor
from seqkit.engine.threshold import USUAL, Gathered, class_of, decided, parsed
from seqkit.errors import ConfigurationError, DataError, SeqkitError, suggestion
from seqkit.experiments.experiment import Part
from seqkit.experiments.loading import NEEDED, chosen_metrics
from seqkit.registry.registry import Registry
from seqkit.runs.example_scores import ExampleScores
from seqkit.runs.folder import RunFolder
from seqkit.runs.log import read_log
from seqkit.runs.verdict import compared_by

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked of an evaluation.

    Attributes:
        split: A split of the run's own dataset.
        file: A newly labelled file instead; None for the split.
        metrics: Names of the metrics; those of the run when empty.
        settings: Words that set something of a metric, `NAME.KEY=VALUE`.
        by: A column of the file, whose values are scored one by one.
        threshold: The probability from which one of two classes is told, `CLASS=VALUE` or the
            number alone; `best` for the best on validation; empty for a half.
        encoding: The encoding of the file; empty to find it.
        delimiter: What parts its fields; empty for that of the run's own file, or to find it.
    """

    split: str = "test"
    file: Path | None = None
    metrics: Sequence[str] = ()
    settings: Sequence[str] = ()
    by: str = ""
    threshold: str = ""
    encoding: str = ""
    delimiter: str = ""


def evaluate_run(
    folder: RunFolder,
    registry: Registry,
    split: str = "test",
    device: str = "auto",
    checkpoint: str = "best",
    progress: Progress | None = None,
    notify: Notify = ignore,
    wanted: Wanted | None = None,
    waiting: Notify = ignore,
) -> dict[str, Any]:
    """Scores a run on a split of the dataset it was trained on, or on a newly labelled file.

    The data are encoded by the codec that the run saved, so that the score belongs to the run even
    where the data have changed since. The code of plugins is what is installed; where it is not
    what the run was trained with, that is told.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        split: Name of the split, where `wanted` is not given.
        device: As `trainer.device`.
        checkpoint: `best`, `last`, or the name of one.
        progress: Called with the batches done and their number.
        notify: Receives what the dataset has to say, and which plugins have changed since.
        wanted: What is asked for besides.
        waiting: Receives what is being done besides the scoring.

    Returns:
        run, checkpoint, split, file, examples, left_out, loss, metrics, signatures of those that
        have one, baselines and seconds; `about`, the class that a metric is of and the names of the
        rows of its table; `details`, the rows that make up a metric; `parts`, scores of groups
        and columns; `threshold`, of a decision between two classes; and the verdict.

    Raises:
        ConfigurationError: There is no such split, metric, column or class.
        CheckpointError: There is no whole checkpoint.
        DataError: The data are gone, or the file cannot be read.
    """
    wanted = wanted or Wanted(split)
    predictor = load_predictor(folder, registry, device, checkpoint, notify, NEEDED)
    experiment = predictor.experiment
    with attributed_in(experiment, registry):
        return _Evaluation(predictor, registry, folder, wanted, notify, waiting).scored(progress)


class _Evaluation:
    def __init__(
        self,
        predictor: Predictor,
        registry: Registry,
        folder: RunFolder,
        wanted: Wanted,
        notify: Notify,
        waiting: Notify,
    ) -> None:
        experiment = predictor.experiment
        if wanted.metrics or wanted.settings:
            metrics = chosen_metrics(experiment, registry, wanted.metrics, wanted.settings)
            experiment = replace(experiment, metrics=metrics)
        self._experiment = experiment
        self._learner: Learner = replace(predictor.learner, experiment=experiment)
        self._predictor = predictor
        self._registry = registry
        self._folder = folder
        self._wanted = wanted
        self._notify = notify
        self._waiting = waiting
        self._own: EncodedData | None = None

    @property
    def _metrics(self) -> tuple[Part, ...]:
        return self._experiment.metrics

    def scored(self, progress: Progress | None) -> dict[str, Any]:
        """Returns the scores, and what they are of."""
        wanted, shape, codec = self._wanted, self._learner.shape, self._learner.codec
        named = parsed(wanted.threshold, self._metrics, shape) if wanted.threshold else None
        arrays, groups, left_out = self._examples()
        threshold = self._threshold(named)
        value = threshold.get("value", USUAL)
        decide = None if value == USUAL else decided(shape, threshold["class"], value)
        made: list[Breakdown] = []

        def watch() -> Watch:
            made.append(Breakdown(codec, self._metrics, shape, groups))
            return made[-1].add

        place = wanted.split if wanted.file is None else wanted.file.name
        score = self._learner.score(
            arrays, place, progress=progress, each=True, watch=watch, decide=decide
        )
        parts, breakdown = self._metrics, made[-1]
        document = {
            "examples": score.examples,
            "loss": score.loss,
            "metrics": score.metrics,
            **score.observed.as_fields(),
        }
        data = self._beside(arrays)
        if data is not None:
            data.waiting = self._waiting
        baselines = {} if data is None else data.baselines(self._split_name, parts)
        signatures = {part.name: part.component.signature(part.config) for part in parts}
        return {
            "run": self._folder.name,
            "checkpoint": self._predictor.checkpoint.path.name,
            "split": wanted.split if wanted.file is None else None,
            "file": None if wanted.file is None else str(wanted.file),
            **document,
            "left_out": left_out,
            "signatures": {name: text for name, text in signatures.items() if text},
            "about": about_metrics(parts, shape),
            "details": breakdown.details(),
            "parts": breakdown.scores(),
            "threshold": threshold or None,
            "baselines": baselines,
            "verdict": self._verdict(document, baselines, data, score.of_examples),
            "seconds": round(score.seconds, 3),
        }

    # --- examples ---------------------------------------------------------------------------------

    def _examples(self) -> tuple[Arrays, dict[str, Grouping], int]:
        """Returns what is scored, how it is grouped, and how many records are left out of it."""
        wanted, codec = self._wanted, self._learner.codec
        if wanted.file is None:
            if wanted.by:
                raise ConfigurationError(
                    f"--by {wanted.by} names a column of --file. Give the file too"
                )
            arrays = self._split(wanted.split)
            return arrays, _grouped(codec.groups(arrays)), 0
        given = {"encoding": wanted.encoding, "delimiter": wanted.delimiter}
        records = read_labelled(
            wanted.file, self._experiment, self._registry, self._notify, **given
        )
        kept = codec.scorable(records, self._notify)
        if not kept:
            raise DataError(
                f"nothing of {wanted.file} can be scored, as all of its {len(records):,} records "
                "are left out. Check its column of answers"
            )
        arrays = codec.encode(kept, self._notify)
        if not len(codec.sizes(arrays)):
            raise DataError(f"{wanted.file} holds no example.")
        groups = _grouped(codec.groups(arrays))
        if wanted.by:
            groups[wanted.by] = by_value(column_of(kept, wanted.by, wanted.file))
            if len(groups[wanted.by].places) != len(codec.sizes(arrays)):
                raise ConfigurationError(
                    f"--by {wanted.by} needs an example a row, and the task makes others of them. "
                    "Leave it out"
                )
        return arrays, groups, len(records) - len(kept)

    def _split(self, name: str) -> Arrays:
        data = self._data()
        if name not in data.splits:
            raise ConfigurationError(
                f"dataset {self._experiment.dataset.name} has no split {name!r}. "
                f"{suggestion(name, data.splits)}"
            )
        return data.splits[name]

    def _data(self) -> EncodedData:
        if self._own is None:
            # Of the run as it was: its encoded data are kept by its own settings.
            experiment = self._predictor.experiment
            notify = self._notify if self._wanted.file is None else ignore
            self._own = encode_for_run(experiment, self._registry, self._folder.codec, notify)
        return self._own

    # --- beside the score -------------------------------------------------------------------------

    @property
    def _split_name(self) -> str:
        return self._wanted.split if self._wanted.file is None else "file"

    def _beside(self, arrays: Arrays) -> EncodedData | None:
        """Returns what baselines are scored on: they are fitted on the run's own training data."""
        if self._wanted.file is None:
            return self._data()
        try:
            train = self._data().splits["train"]
        except (SeqkitError, OSError) as error:
            self._notify(f"there are no baselines, as the run's own data cannot be read: {error}")
            return None
        splits = {"train": train, "file": arrays}
        return EncodedData(self._learner.codec, splits)

    def _verdict(
        self,
        document: Mapping[str, Any],
        baselines: Mapping[str, Mapping[str, float]],
        data: EncodedData | None,
        scores: ExampleScores | None,
    ) -> dict[str, Any] | None:
        """Returns the verdict; None where no metric that was scored tells a better model.

        It is by what the run is judged by, or else by the first metric that was asked for and that
        a baseline has.
        """
        experiment, split = self._predictor.experiment, self._split_name
        directions = {
            part.name: bool(part.component.higher_is_better)
            for part in self._metrics
            if part.component.higher_is_better is not None
        }
        name, higher = experiment.monitor
        if name != "loss" and name not in document["metrics"]:
            if not directions:
                return None
            name, higher = next(iter(directions.items()))
        told = {"metric": name, "higher_is_better": higher, "directions": directions}
        by = compared_by(told, baselines)
        if data is not None:
            # By the settings that metrics were scored with, which need not be the run's own.
            trainer = experiment.trainer.model_copy(update={"monitor": by[0]})
            scored = replace(self._experiment, trainer=trainer)
            scores = with_baseline(scores, scored, data, split, baselines)
        summary = read_log(self._folder).summary
        said = self._wanted.split if self._wanted.file is None else ""
        found = verdict_on(
            summary, experiment, self._registry, said, document, baselines, scores, by
        )
        return found.as_dict()

    def _threshold(self, named: tuple[str, float | None] | None) -> dict[str, Any]:
        """Returns the threshold of the decision, and the best one on validation where it is known.

        Empty where there is no decision between two classes, or on labels.
        """
        shape = self._learner.shape
        name = named[0] if named else class_of(self._metrics, shape)
        if not name and named is None:
            return {}
        found: dict[str, Any] = {"class": name, "value": named[1] if named else USUAL}
        best = None
        if name and about_metrics(self._metrics, shape)["positive"]:
            try:
                arrays = self._split("validation")
            except (SeqkitError, OSError):
                arrays = None
            if arrays is not None:
                gathered: list[Gathered] = []

                def watch() -> Watch:
                    gathered.append(Gathered())
                    return gathered[-1].add

                self._learner.score(arrays, "validation", watch=watch)
                best = gathered[-1].best(self._metrics, shape, name)
        if best is not None:
            found["best"] = {"split": "validation", **vars(best)}
        if found["value"] is None:
            if best is None:
                raise ConfigurationError(
                    "--threshold best is chosen on the validation split by a metric that is of one "
                    "class, and there is no such metric or split. Give a number, such as 0.3"
                )
            found["value"] = best.value
        return found


def _grouped(named: Any) -> dict[str, Grouping]:
    """Returns groupings of examples; one group alone is the whole, and no part of it."""
    found = {kind: Grouping.of(list(map(str, names))) for kind, names in named.items()}
    return {kind: grouping for kind, grouping in found.items() if len(grouping.names) > 1}
