"""The list of runs: how they are read, filtered, sorted, labelled and thrown away."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from seqkit.errors import CheckpointError
from seqkit.events import Event, EventLog, dump_event
from seqkit.paths import cache_home
from seqkit.runs.folder import RunFolder
from seqkit.runs.labels import Label, read_label, split_tags, write_label
from seqkit.runs.trash import bring_back, throw_away
from seqkit.storage.locks import Hold, this_process
from seqkit.terminal.cells import bar, fit, fit_ends, sparkline
from seqkit.terminal.figures import short_duration
from seqkit.tui.runs.columns import COLUMNS, GAP, layout, sort_rows
from seqkit.tui.runs.detail import lines_of
from seqkit.tui.runs.index import RunIndex
from seqkit.tui.runs.query import parse
from seqkit.tui.runs.rows import WHOLE, RunRow, read_row, some_events


def a_row(name: str = "run", **fields: object) -> RunRow:
    return RunRow(RunFolder(Path(name)), **fields)  # type: ignore[arg-type]


# --- reading --------------------------------------------------------------------------------------


def test_a_row_says_what_the_run_came_to(recorded_runs: Path) -> None:
    row = read_row(RunFolder(recorded_runs / "second"))

    assert (row.status, row.task, row.model, row.dataset) == (
        "finished",
        "classification",
        "gru",
        "sentences",
    )
    assert (row.metric, row.split, row.step) == ("accuracy", "test", 12)
    assert row.value is not None
    assert row.baseline is not None
    assert row.progress == 1.0
    assert len(row.losses) >= 5
    assert row.settings["trainer.learning_rate"] == 0.01
    assert row.eta is None


def test_a_folder_without_a_whole_run_json_is_shown_as_damaged(runs_dir: Path) -> None:
    (runs_dir / "first" / "run.json").write_text("{ torn")
    row = read_row(RunFolder(runs_dir / "first"))
    assert row.status == "unreadable"
    assert "cannot be read" in row.message


def test_a_long_message_is_wrapped_below_a_run() -> None:
    message = "model mine:net raised ValueError: " + "much is to be said of it, " * 5 + "the end"
    row = a_row("bad", status="failed", message=message, settings={"model.depth": 3})
    lines = [line.plain for line in lines_of(row, width=60)]
    assert len(lines) == 5
    assert max(map(len, lines[2:])) <= 60
    assert " ".join(lines[2:]) == message
    assert [line.plain for line in lines_of(row, width=300)][-2:] == ["depth=3", message]


def test_names_of_a_group_are_told_apart_where_they_are_cut() -> None:
    names = [f"评论-films-sweep-{units}-0.003-seed0" for units in (16, 32)]
    cut = [fit_ends(name, 19) for name in names]
    assert [cell_len(name) for name in cut] == [19, 19]
    assert cut[0].endswith("…16-0.003-seed0")
    assert cut[0] != cut[1]
    assert fit_ends("short", 8) == "short   "


def test_what_to_try_is_shown_on_a_narrow_terminal() -> None:
    verdict, remedy = (
        "No better than linear (1.750)",
        f"{'the level moves, ' * 4}try task.context=96",
    )
    row = a_row("weak", verdict=verdict, remedy=remedy)
    said = f"{verdict}. {remedy[:1].upper()}{remedy[1:]}"
    assert " ".join(line.plain for line in lines_of(row, width=60)).endswith(said)
    assert [line.plain for line in lines_of(row, width=120)][-2:] == said.split(". ")


def test_a_long_log_is_read_in_part_and_keeps_its_ends(runs_dir: Path) -> None:
    path = runs_dir / "first" / "events.jsonl"
    lines = path.read_text().splitlines()
    filler = [
        dump_event(Event("step", step, step / 1000, {"loss": 1 / step, "padding": "x" * 200}))
        for step in range(13, 12_000)
    ]
    path.write_text("\n".join([*lines[:-1], *filler, lines[-1]]) + "\n")
    assert path.stat().st_size > 2 * WHOLE

    events = list(some_events(path))

    assert events[0].kind == "started"
    assert events[-1].kind == "ended"
    assert [event.step for event in events if event.kind == "step"][-1] == 11_999
    assert len(events) < 200


def make_long(run: RunFolder, *, damaged: bool = False) -> None:
    """Puts thousands of steps before the end of a run, and its best evaluation among them."""
    *lines, test, _, ended = run.events_file.read_text().splitlines()
    fields = {"loss": 0.5, "padding": "x" * 200}
    filler = [dump_event(Event("step", step, step / 1000, fields)) for step in range(13, 12_000)]
    scores = {"split": "validation", "loss": 0.1, "metrics": {"accuracy": 0.99}, "best": True}
    filler[6000] = dump_event(Event("evaluation", 6013, 6.0, scores))
    if damaged:
        filler[3000] = filler[3000].replace("0.5", "0.6", 1)
    assert '"split":"test"' in test
    run.events_file.write_text("\n".join([*lines, *filler, ended]) + "\n")
    assert run.events_file.stat().st_size > 2 * WHOLE


def test_a_long_log_is_shown_at_once_and_then_read_whole_in_slices(runs_dir: Path) -> None:
    make_long(RunFolder(runs_dir / "first"), damaged=True)
    index = RunIndex(runs_dir)
    index.scan()
    seen: list[tuple[float | None, str]] = []
    while index.waiting:
        index.work(1e-4)
        if row := index.get("first"):
            seen.append((row.value, row.message))

    assert len(seen) > 4
    assert [value for value, _ in seen].count(0.99) == 1, "only what was read whole is right"
    assert seen[0] == (seen[0][0], "")
    assert "1 line of" in seen[-1][1]
    assert index.waiting == 0


def test_a_run_that_goes_on_is_read_on_from_where_it_was(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    held(run.path)
    index = RunIndex(runs_dir)
    index.scan()
    while index.work(5):
        continue
    content = run.events_file.read_bytes()
    # Whoever read the log again would meet this.
    run.events_file.write_bytes(b"x" * 1000 + content[1000:])
    log = EventLog(run.events_file)
    log.write(Event("step", 99, 9.9, {"loss": 0.125}))
    log.close()
    index.scan()
    while index.work(5):
        continue
    row = index.get("first")

    assert row is not None
    assert (row.step, row.loss, row.message) == (99, 0.125, "")
    assert row.metric == "accuracy"


def test_damaged_and_cut_lines_are_left_out(runs_dir: Path) -> None:
    path = runs_dir / "first" / "events.jsonl"
    with path.open("ab") as file:
        file.write(b'{"v":1,"event":"step", torn\n\xff\xfe\n{"v":1,"event":"st')
    assert read_row(RunFolder(runs_dir / "first")).step == 12


def test_a_run_whose_process_is_gone_is_seen_to_have_crashed(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    hold = held(run.path)
    index = RunIndex(runs_dir)
    index.scan()
    index.work(5)
    row = index.get("first")
    assert row is not None
    assert row.live

    # The folder stays as it is; only the process is gone.
    hold.release()
    index.scan()
    index.work(5)

    row = index.get("first")
    assert row is not None
    assert row.status == "crashed"


def test_the_index_notices_runs_that_come_change_and_go(runs_dir: Path) -> None:
    index = RunIndex(runs_dir)
    index.scan()
    while index.work(5):
        continue
    assert {row.name for row in index.rows} == {"first", "second"}

    shutil.copytree(runs_dir / "first", runs_dir / "third")
    shutil.rmtree(runs_dir / "second")
    write_label(runs_dir / "first", Label("The first", ("good",)))
    index.scan()
    while index.work(5):
        continue

    assert {row.title for row in index.rows} == {"The first", "third"}


def test_what_was_read_is_kept_for_the_next_start(runs_dir: Path) -> None:
    index = RunIndex(runs_dir)
    index.scan()
    index.work(5)
    index.save()

    again = RunIndex(runs_dir)
    again.scan()

    assert again.waiting == 0
    assert again.get("first") == index.get("first")


def test_what_was_kept_is_read_again_where_it_is_damaged(runs_dir: Path) -> None:
    index = RunIndex(runs_dir)
    index.scan()
    index.work(5)
    index.save()
    (path,) = (cache_home() / "tui").glob("runs-*.json")
    path.write_bytes(path.read_bytes().replace(b'"step": 12', b'"step": 13'))
    again = RunIndex(runs_dir)
    again.scan()

    assert again.waiting == 2


def test_a_folder_of_runs_need_not_exist(tmp_path: Path) -> None:
    index = RunIndex(tmp_path / "nowhere")
    assert not index.scan()
    assert index.rows == []
    assert index.scanned


# --- filter ---------------------------------------------------------------------------------------

ROW = a_row(
    "imdb-gru-0007",
    status="finished",
    task="classification",
    dataset="imdb",
    model="gru",
    label=Label("My best", ("paper", "v2")),
    scores={"accuracy": 0.9, "f1": 0.89, "loss": 0.3},
    value=0.9,
    settings={"trainer.learning_rate": 0.001, "model.hidden_size": 128, "model.pooling": "max"},
    parameters=2_500_000,
    elapsed=5400.0,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gru",
        "GRU imdb",
        "task:class model:gru acc>0.85",
        "acc>=0.9 acc<=0.9 acc=0.9",
        "f1<0.895",
        "lr=0.001",
        "lr<=1e-3",
        "trainer.learning_rate<0.01",
        "hidden_size:128",
        "pooling:max",
        "tag:paper",
        "tag=v2 -tag:old",
        'name:"my best"',
        "name:0007",
        "-model:lstm",
        "model!=lstm",
        "time>1h time<2h",
        "params>2M",
        "score>0.5 loss<1",
        "acc>",
    ],
)
def test_a_filter_keeps_what_it_describes(text: str) -> None:
    query = parse(text, [*ROW.scores, *ROW.settings])
    assert query.problem == ""
    assert query.matches(ROW)


@pytest.mark.parametrize(
    "text",
    ["lstm", "acc>0.95", "-gru", "model=gr", "task:forecasting", "lr>0.001", "tag:old", "step>5"],
)
def test_a_filter_leaves_out_the_rest(text: str) -> None:
    query = parse(text, [*ROW.scores, *ROW.settings])
    assert query.problem == ""
    assert not query.matches(ROW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modle:gru", "Did you mean model?"),
        ("model>3", "model is a text: write model:3"),
        ("acc>high", "'high' is not a number"),
    ],
)
def test_what_a_filter_cannot_mean_is_said_and_left_out(text: str, said: str) -> None:
    query = parse(text, [*ROW.scores, *ROW.settings])
    assert said in query.problem
    assert query.matches(ROW)


# --- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [20, 38, 77, 117, 197])
def test_the_columns_fit_into_any_width(width: int) -> None:
    columns = layout(width)
    assert columns[0][0].key == "state"
    assert sum(cells for _, cells in columns) + GAP * (len(columns) - 1) <= width


def test_a_wide_screen_has_every_column() -> None:
    assert len(layout(197)) == len(COLUMNS)


@pytest.mark.parametrize("width", [17, 40])
def test_every_cell_is_as_wide_as_its_column(width: int) -> None:
    rows = [
        ROW,
        a_row(status="running", progress=0.4, eta=75.0, losses=(3.0, math.nan, 1.0)),
        a_row("[bold]日本語[/bold]\x1b[31m" * 4, status="crashed", progress=0.1),
        a_row(),
    ]
    for column in COLUMNS:
        for row in rows:
            drawn = "".join(text for text, _ in column.draw(row, width))
            assert cell_len(drawn) == width, column.key
            assert "\x1b" not in drawn


def test_live_runs_come_first_and_then_the_newest() -> None:
    rows = [
        a_row("old", status="finished", created=1.0),
        a_row("new", status="finished", created=3.0),
        a_row("live", status="running", created=2.0),
    ]
    assert [row.name for row in sort_rows(rows, "state", False)] == ["live", "new", "old"]


def test_the_best_score_comes_first_whichever_way_the_metric_goes() -> None:
    lower = [
        a_row("worse", value=9.0, higher_is_better=False),
        a_row("none"),
        a_row("better", value=2.0, higher_is_better=False),
    ]
    assert [row.name for row in sort_rows(lower, "score", True)] == ["better", "worse", "none"]


# --- labels and trash -----------------------------------------------------------------------------


def test_a_label_lies_beside_what_the_engine_writes(runs_dir: Path) -> None:
    before = (runs_dir / "first" / "run.json").read_bytes()
    write_label(runs_dir / "first", Label("Näme", ("a", "b")))

    assert read_label(runs_dir / "first") == Label("Näme", ("a", "b"))
    assert (runs_dir / "first" / "run.json").read_bytes() == before
    assert read_label(runs_dir / "second") == Label()


def test_a_label_with_a_flipped_bit_is_named_and_not_shown(runs_dir: Path) -> None:
    write_label(runs_dir / "first", Label("very good", ("a",)))
    path = runs_dir / "first" / "label.json"
    path.write_bytes(path.read_bytes().replace(b"very", b"vary"))
    row = read_row(RunFolder(runs_dir / "first"))

    assert (row.title, row.label.tags) == ("first", ())
    assert "label.json is damaged" in row.message


def test_tags_are_parted_by_commas_and_spaces() -> None:
    assert split_tags("  paper, v2 paper ,x") == ("paper", "v2", "x")


def test_a_run_in_the_trash_comes_back_under_its_name(runs_dir: Path) -> None:
    first = throw_away(RunFolder(runs_dir / "first"))
    shutil.copytree(runs_dir / "second", runs_dir / "first")
    second = throw_away(RunFolder(runs_dir / "first"))
    assert first != second
    assert not (runs_dir / "first").exists()

    assert bring_back(second).name == "first"
    assert bring_back(first).name == "first~2"


def test_a_live_run_is_not_thrown_away(runs_dir: Path, held: Callable[[Path], Hold]) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    held(run.path)
    with pytest.raises(CheckpointError, match="still running"):
        throw_away(run)
    assert run.path.is_dir()


# --- drawing --------------------------------------------------------------------------------------


def test_a_sparkline_falls_as_the_loss_does_and_marks_what_is_not_finite() -> None:
    assert sparkline([4.0, 3.0, 2.0, 1.0], 4) == "█▆▃▁"
    assert sparkline([1.0, math.nan], 4) == "  ▁!"
    assert sparkline([], 3) == "   "


def test_a_bar_is_exact_to_an_eighth_of_a_cell() -> None:
    assert bar(0.5, 4) == "██  "
    assert bar(1 / 32, 4) == "▏   "
    assert bar(7.0, 2) == "██"


def test_durations_take_few_characters() -> None:
    shown = [short_duration(seconds) for seconds in (3, 90, 600, 5400, 86400 * 5, None, math.inf)]
    assert shown == ["3 s", "90 s", "10 min", "1.5 h", "5.0 d", "", ""]


def test_a_text_is_cut_by_cells_and_not_by_characters() -> None:
    assert fit("日本語", 4) == "日 …"
    assert fit("a\x1b[0mb", 10) == "a\\x1b[0mb "


def test_a_row_that_is_changed_is_another_row() -> None:
    assert replace(ROW, status="crashed").title == "My best"
