"""`seqkit evaluate`: the score of a run on one of its splits, or on a newly labelled file."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from seqkit.cli.common import (
    open_registry,
    open_run,
    reading_options,
    run_argument,
    running_options,
)
from seqkit.terminal import output


@click.command()
@run_argument()
@click.argument("settings", metavar="[METRIC.KEY=VALUE]...", nargs=-1)
@click.option("--split", default="test", show_default=True, metavar="NAME", help="Which split.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score a newly labelled file instead, read as the run's own data were.",
)
@reading_options("--file")
@click.option(
    "--metrics",
    default="",
    metavar="NAME,...",
    help="Other metrics than the run's own.",
)
@click.option(
    "--by", default="", metavar="COLUMN", help="Score each value of a column of --file by itself."
)
@click.option(
    "--threshold",
    default="",
    metavar="VALUE",
    help="The probability from which one of two classes is told, such as 0.3 or CLASS=0.3; best: "
    "the best on validation.",
)
@click.option(
    "--checkpoint", default="best", show_default=True, metavar="NAME", help="best, last or a name."
)
@running_options()
def evaluate(
    run: str,
    settings: tuple[str, ...],
    split: str,
    file: Path | None,
    encoding: str,
    delimiter: str,
    metrics: str,
    by: str,
    threshold: str,
    checkpoint: str,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Score a run's best checkpoint on a split of its dataset, beside the baselines.

    With --file, scores newly labelled data. Below the score stand those of each class, column and
    series, where there are several.
    """
    from seqkit.runs.listing import reading
    from seqkit.runs.log import damaged_lines, read_log
    from seqkit.runs.verdict import Verdict
    from seqkit.terminal.bar import Bar
    from seqkit.terminal.report import evaluation
    from seqkit.terminal.report import run as report
    from seqkit.terminal.report.verdict import experiment_of, verdict_lines

    context = click.get_current_context()
    if file is not None and context.get_parameter_source("split") is not _DEFAULT:
        raise click.UsageError("--split and --file exclude each other", context)
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    from seqkit.engine.evaluate import Wanted, evaluate_run

    names = tuple(name.strip() for name in metrics.split(",") if name.strip())
    wanted = Wanted(split, file, names, settings, by, threshold, encoding, delimiter)
    with Bar(f"Scoring {split if file is None else file.name}") as bar:
        score = evaluate_run(
            folder,
            registry,
            device=device or "auto",
            checkpoint=checkpoint,
            progress=bar.update,
            notify=output.warn,
            wanted=wanted,
            waiting=lambda text: bar.update(0, None, text),
        )
    if as_json:
        output.json_document(score)
        return
    with reading(folder):
        log = read_log(folder)
    if said := damaged_lines(log.path, log.damaged):
        output.warn(said)
    which = report.checkpoint_named(score["checkpoint"], log.summary.checkpoints)
    output.line(*evaluation.heading(score, which))
    first = names[0] if names else log.summary.metric
    for line in report.scores_beside(folder.name, score, score["baselines"], first, score["about"]):
        output.line(*line)
    for name, signature in score["signatures"].items():
        output.line((f"  {name}  {signature}", "dim"))
    for line in evaluation.breakdown(score, list(score["metrics"])):
        output.line(*line)
    if score["verdict"] is None:
        asked = ", ".join(score["metrics"]) or "what was scored"
        output.line()
        output.line(f"There is no verdict, as {asked} does not tell which of two models is better.")
        return
    verdict = Verdict.from_dict(score["verdict"])
    plugins_named = "".join(f" --plugin {shlex.quote(str(path))}" for path in plugins)
    output.line()
    width = min(output.results().width, 100)
    where = experiment_of(log.summary.started, folder.path)
    for line in verdict_lines(verdict, where, plugins_named, width):
        output.line(*line)


_DEFAULT = click.core.ParameterSource.DEFAULT
