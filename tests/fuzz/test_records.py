"""Any control file, event log and run.json is read, or named; one bad run spoils no list."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.engine.run import start_run
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import ACTIONS
from tests.fuzz.support import NUMBERS, TEXTS, VALUES, cases, check_command, in_time

pytestmark = pytest.mark.proof

REQUESTS = st.fixed_dictionaries(
    {"request": st.sampled_from([name for name in ACTIONS if name != "pause"]) | VALUES},
    optional={"value": NUMBERS | VALUES, "time": VALUES},
)
CONTROL = st.lists(REQUESTS.map(json.dumps) | VALUES.map(json.dumps) | TEXTS, max_size=8)


@cases(0.02)
@given(lines=CONTROL)
def test_a_run_outlives_any_control_file(
    registry: Registry, trainer: dict[str, Any], tmp_path: Path, lines: list[str]
) -> None:
    folder = tmp_path / "runs"
    settings = trainer | {"max_steps": 0, "epochs": 50, "log_every": 1, "test": False}
    words = ["model.hidden_size=2", "model.embedding_size=2"]
    words += [f"trainer.{key}={value}".replace("False", "false") for key, value in settings.items()]
    text = "\n".join([*lines, '{"request": "resume"}', '{"request": "stop"}', ""])

    def ask(event: Event) -> None:
        if event.kind == "step" and event.step == 1:
            control = folder / "asked" / "control.jsonl"
            control.write_bytes(control.read_bytes() + text.encode("utf-8", "surrogatepass"))

    with in_time():
        experiment = load_experiment("sentiment", registry, words)
        outcome = start_run(experiment, registry, folder, "asked", [ask])
    assert outcome.status == "stopped"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def runs(trained: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, the second of which is spoilt by each case anew."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copytree(trained["sentiment"], folder / "whole")
    shutil.copytree(trained["sentiment"], folder / "spoilt")
    return folder


def look(runs: Path) -> None:
    """Looks at the spoilt run by every command that does."""
    check_command("runs", "--runs-dir", runs)
    check_command("show", runs / "spoilt")
    check_command("compare", runs / "whole", runs / "spoilt")


def changed(draw: st.DrawFn, document: Any) -> Any:
    """Replaces or takes out something anywhere in a JSON value."""
    if isinstance(document, dict) and document and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(document)))
        rest = {name: value for name, value in document.items() if name != key}
        return (
            rest
            if draw(st.booleans()) and not draw(st.integers(0, 2))
            else (document | {key: changed(draw, document[key])})
        )
    if isinstance(document, list) and document and draw(st.booleans()):
        return [changed(draw, document[0]), *document[1:]]
    return draw(VALUES)


@st.composite
def spoilt_lines(draw: st.DrawFn, lines: list[str]) -> str:
    """A log some of whose lines are changed, cut, doubled or replaced."""
    found = list(lines)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(found) - 1))
        way = draw(st.sampled_from(["changed", "changed", "cut", "other", "twice"]))
        if way == "changed":
            found[at] = json.dumps(changed(draw, json.loads(lines[at % len(lines)])))
        elif way == "cut":
            found[at] = found[at][: draw(st.integers(0, len(found[at])))]
        elif way == "twice":
            found.insert(at, found[at])
        else:
            found[at] = draw(TEXTS | VALUES.map(json.dumps))
    return "\n".join(found)


@cases(0.04)
@given(data=st.data())
def test_any_event_log_is_read_or_named(runs: Path, trained: dict[str, Path], data: Any) -> None:
    log = trained["sentiment"] / "events.jsonl"
    text = data.draw(spoilt_lines(log.read_text(encoding="utf-8").splitlines()))
    target = runs / "spoilt" / "events.jsonl"
    target.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        look(runs)
    finally:
        shutil.copyfile(log, target)


@st.composite
def spoilt_record(draw: st.DrawFn, record: Any) -> str:
    return json.dumps(changed(draw, record))


@cases(0.03)
@given(data=st.data())
def test_any_run_json_is_read_or_named(runs: Path, trained: dict[str, Path], data: Any) -> None:
    record = trained["sentiment"] / "run.json"
    whole = json.loads(record.read_text(encoding="utf-8"))
    text = data.draw(spoilt_record(whole) | TEXTS | st.just("[" * 100_000))
    target = runs / "spoilt" / "run.json"
    target.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        look(runs)
    finally:
        shutil.copyfile(record, target)
