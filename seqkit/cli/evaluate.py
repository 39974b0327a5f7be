"""`seqkit evaluate`: the score of a run on one of its splits."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from seqkit.cli.common import (
    open_registry,
    open_run,
    run_argument,
    running_options,
)
from seqkit.terminal import figures, output


@click.command()
@run_argument()
@click.option("--split", default="test", show_default=True, metavar="NAME", help="Which split.")
@click.option(
    "--checkpoint", default="best", show_default=True, metavar="NAME", help="best, last or a name."
)
@running_options()
def evaluate(
    run: str,
    split: str,
    checkpoint: str,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Score a run's best checkpoint on a split of its dataset, beside the baselines."""
    from seqkit.runs.listing import reading
    from seqkit.runs.log import damaged_lines, read_log
    from seqkit.runs.verdict import Verdict
    from seqkit.terminal.bar import Bar
    from seqkit.terminal.report import run as report
    from seqkit.terminal.report.verdict import experiment_of, verdict_lines

    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    from seqkit.engine.evaluate import evaluate_run

    with Bar(f"Scoring {split}") as bar:
        score = evaluate_run(
            folder,
            registry,
            split=split,
            device=device or "auto",
            checkpoint=checkpoint,
            progress=bar.update,
            notify=output.warn,
        )
    if as_json:
        output.json_document(score)
        return
    with reading(folder):
        log = read_log(folder)
    if said := damaged_lines(log.path, log.damaged):
        output.warn(said)
    which = report.checkpoint_named(score["checkpoint"], log.summary.checkpoints)
    heading = f"  {figures.count_of(score['examples'], 'example')}, {which}"
    output.line((f"{split.capitalize()} score", "bold"), heading)
    for line in report.scores_beside(folder.name, score, score["baselines"], log.summary.metric):
        output.line(*line)
    for name, signature in score["signatures"].items():
        output.line((f"  {name}  {signature}", "dim"))
    verdict = Verdict.from_dict(score["verdict"])
    plugins_named = "".join(f" --plugin {shlex.quote(str(path))}" for path in plugins)
    output.line()
    width = min(output.results().width, 100)
    where = experiment_of(log.summary.started, folder.path)
    for line in verdict_lines(verdict, where, plugins_named, width):
        output.line(*line)
