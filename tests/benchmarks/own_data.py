"""What `seqkit new --data` begins with, against the baselines and a small search.

    python -m tests.benchmarks.own_data                         every data set
    python -m tests.benchmarks.own_data --only rare-11 --search 6
    python -m tests.benchmarks.own_data --half check --real FOLDER

Each data set is written to a file, given to what `seqkit new --data` does, and trained as the
experiment says, in one thread. A row tells the test score, the best baseline of the run, the best
of `--search N` variations (chosen on validation, as `seqkit new --search` does), and processor
time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np

import seqkit
from seqkit.experiments.beginning import begin
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.own_data import recognise
from seqkit.experiments.searching import Search, in_words
from seqkit.registry.discovery import load_registry
from tests.benchmarks.own_data_sets import OwnDataSet, all_sets


def measured(
    one: OwnDataSet, folder: Path, real: Path | None, words: Sequence[str], search: int
) -> dict[str, Any]:
    """Returns the row of a data set."""
    registry = load_registry()
    path = one.write(folder, real)
    entry, recognition = recognise(path, registry, one.task, one.given)
    begun = begin(entry, recognition, registry)
    for reason in dict.fromkeys(begun.reasons.values()):
        print(f"    - {reason}", file=sys.stderr)
    metric = _metric(begun.document, registry)
    row: dict[str, Any] = {"name": one.name, "about": one.about, "half": one.half}
    row |= {"metric": metric.name, "higher": metric.component.higher_is_better}
    row |= _trained(begun.document, words, folder, row)
    if search:
        looking, tried = Search(begun.document, registry), [row]
        looking.propose()
        looking.add({}, row["validation"])
        while len(tried) <= search and (settings := looking.propose()):
            tried.append(_trained(looking.document(settings), words, folder, row))
            tried[-1]["words"] = in_words(settings)
            looking.add(settings, tried[-1]["validation"])
        best = max(tried, key=lambda run: _sign(row) * run["validation"])
        row |= {
            "searched": best["test"],
            "tried": [(run["words"], run["validation"], run["test"]) for run in tried],
        }
    return row


def _metric(document: Mapping[str, Any], registry: Any) -> Any:
    return load_experiment(document, registry).metrics[0]


def _sign(row: Mapping[str, Any]) -> int:
    return 1 if row["higher"] else -1


def _trained(
    document: Mapping[str, Any], words: Sequence[str], folder: Path, row: Mapping[str, Any]
) -> dict[str, Any]:
    begun, seconds = time.process_time(), time.perf_counter()
    result = seqkit.run(
        document, "trainer.threads=1", *words, runs_dir=folder / "runs", progress=False
    )
    evaluations = [event for event in result.events if event.kind == "evaluation"]
    # A task without a test split of its own is judged by its validation.
    scored = [event for event in evaluations if event.data["split"] == "test"] or [
        max(evaluations, key=lambda event: _sign(row) * event.data["metrics"][row["metric"]])
    ]
    test = scored[0]
    validation = [
        event.data["metrics"].get(row["metric"], math.nan)
        for event in evaluations
        if event.data["split"] == "validation"
    ]
    baselines = {
        name: scores[row["metric"]]
        for name, scores in test.data.get("baselines", {}).items()
        if row["metric"] in scores
    }
    best = max(baselines, key=lambda name: _sign(row) * baselines[name], default="")
    steps = max(event.step for event in result.events)
    chosen = max(validation, key=lambda score: _sign(row) * score) if validation else math.nan
    return {
        "test": test.data["metrics"][row["metric"]],
        "metrics": test.data["metrics"],
        "validation": chosen,
        "best_at": validation.index(chosen) + 1 if validation else 0,
        "evaluations": len(validation),
        "baseline": baselines.get(best, math.nan),
        "baseline_name": best,
        "steps": steps,
        "words": [],
        "cpu": time.process_time() - begun,
        "seconds": time.perf_counter() - seconds,
    }


def main() -> None:
    """Measures the data sets that are asked for, and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="Names of data sets, parted by commas.")
    parser.add_argument("--half", choices=("tune", "check"), help="The data sets of one half.")
    parser.add_argument(
        "--search", type=int, default=0, help="Variations tried beside the default."
    )
    parser.add_argument(
        "--real",
        type=Path,
        default=os.environ.get("SEQKIT_REAL_DATA"),
        help="Folder of real data sets; those that need it are skipped without.",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="A setting of every experiment.",
    )
    parser.add_argument("--log", type=Path, help="A file that each row is added to, as JSON.")
    given = parser.parse_args()
    names = [name for name in given.only.split(",") if name]
    print("| data | default | best baseline | search | steps | best at | CPU s |")
    print("|---|---|---|---|---|---|---|")
    rows: list[dict[str, Any]] = []
    for one in all_sets():
        if (names and one.name not in names) or (given.half and one.half != given.half):
            continue
        if one.real and not (given.real and Path(given.real).is_dir()):
            print(f"{one.name}: skipped, as there is no folder of real data", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            row = measured(
                one, Path(folder), given.real and Path(given.real), given.set, given.search
            )
        cells = [
            f"{row['about']}, {row['metric']}",
            f"{row['test']:.3f}",
            f"{row['baseline_name']} {row['baseline']:.3f}",
            f"{row['searched']:.3f}" if "searched" in row else "",
            str(row["steps"]),
            f"{row['best_at']}/{row['evaluations']}",
            f"{row['cpu']:.0f}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)
        rows.append(row)
        if given.log:
            with given.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, default=str) + "\n")
    if len(rows) > 1:
        print(_told(rows))


def _told(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns how often the default is at or above the best baseline, and by how much in the mean.

    The mean is the geometric one of default by baseline, of errors alone.
    """
    won = [row for row in rows if _sign(row) * (row["test"] - row["baseline"]) >= 0]
    ratios = [row["test"] / row["baseline"] for row in rows if not row["higher"]]
    mean = f", errors {np.exp(np.mean(np.log(ratios))):.3f} of its" if ratios else ""
    return f"{len(won)} of {len(rows)} at or above the best baseline{mean}"


if __name__ == "__main__":
    main()
