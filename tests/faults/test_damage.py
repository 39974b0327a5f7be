"""A damaged file gives the answer of the whole one, or is named; never another answer silently."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.errors import ExitCode
from tests.faults.outcome import crashed, differing, last_line, outcome
from tests.faults.scenarios import SCENARIOS
from tests.faults.tally import Tally, draw, forms, tally
from tests.nursery import Done, Nursery

if TYPE_CHECKING:
    from tests.faults.conftest import Whole

pytestmark = pytest.mark.proof

COMMANDS = ("predict", "evaluate", "show", "runs", "compare")
TASKS = ("forecasting", "language-modeling", "classification", "seq2seq")
NAMED = re.compile(
    r"damage|cannot be read|checksum|not valid|is not|not what|has no|missing|does not|changed",
    re.I,
)
SECONDS = re.compile(r'"seconds": [0-9.e-]+')
SILENT = "another answer, silently"
LOG, RECORD = "events.jsonl", "run.json"


def damage(path: Path, chosen: random.Random) -> str:
    """Flips one bit of a file or cuts it; returns what was done."""
    data = bytearray(path.read_bytes())
    if not data:
        data += chosen.randbytes(chosen.randint(1, 40))
        done = "bytes added"
    elif chosen.random() < 0.75:
        bit = chosen.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        done = f"bit {bit} flipped"
    else:
        size = chosen.choice([0, chosen.randrange(len(data))])
        del data[size:]
        done = f"cut at {size}"
    path.write_bytes(data)
    return done


def damaged_copy(original: Path, target: Path, chosen: random.Random) -> tuple[Path, str, str]:
    """Copies a folder and damages one of its files; returns the copy, the file and the damage."""
    copy = Path(shutil.copytree(original, target))
    kinds: dict[str, list[Path]] = {}
    for file in sorted(path for path in copy.rglob("*") if path.is_file()):
        kinds.setdefault(kind_of(file.relative_to(copy)), []).append(file)
    file = chosen.choice(kinds[chosen.choice(sorted(kinds))])
    return copy, str(file.relative_to(copy)), damage(file, chosen)


def kind_of(file: Path) -> str:
    """Returns what a file of a run is, whatever checkpoint it belongs to."""
    name = str(file)
    return re.sub(r"step-\d+", "*", name)


class Tallies:
    """A tally for each kind of file."""

    def __init__(self) -> None:
        self._made: dict[str, Tally] = {}

    def add(self, file: str, case: str, faults: list[str], way: str) -> None:
        kind = f"damage: {kind_of(Path(file))}"
        if kind not in self._made:
            self._made[kind] = tally(kind)
        self._made[kind].add(case, faults, way)

    def check(self) -> None:
        wrong = [line for made in self._made.values() for line in made.wrong]
        together = Tally("damage", wrong=wrong)
        for made in self._made.values():
            together.ways += made.ways
        together.check()


def words_of(command: str, run: Path, whole: Whole) -> tuple[object, ...]:
    return {
        "predict": ("predict", run, *whole.scenario.asked, "--json"),
        "evaluate": ("evaluate", run, "--json"),
        "show": ("show", run, "--json"),
        "runs": ("runs", "--runs-dir", run.parent, "--json"),
        "compare": ("compare", run, run.parent / "other", "--json"),
    }[command]


def verdict(done: Done, right: Done) -> tuple[list[str], str]:
    """Returns what is wrong about how a command took damage, or else how it took it."""
    if done.code is None:
        return ["it hung"], ""
    if crashed(done):
        return [f"it ended with {done.code}: {last_line(done)}"], ""
    if done.code == right.code and done.out == right.out:
        return [], "the same"
    lines = {*done.out.splitlines(), *done.err.splitlines()}
    said = "\n".join(lines - set(right.out.splitlines()) - set(right.err.splitlines()))
    named = done.code in (ExitCode.USAGE, ExitCode.DATA) or bool(NAMED.search(said))
    return ([], "named") if named and said else ([SILENT], "")


@forms(short=16, long=1000)
def test_a_damaged_file_is_named_or_changes_no_answer(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, count: int
) -> None:
    made = Tallies()
    undamaged: dict[tuple[str, str], Done] = {}

    def ask(run: Path, command: str, right: Whole) -> Done:
        done = nursery.run(*words_of(command, run, right), home=right.home, seconds=60)
        out, err = (text.replace(str(run.parent), "") for text in (done.out, done.err))
        return Done(done.code, SECONDS.sub("", out), err)

    for case in range(count):
        chosen = draw("damage", case)
        task, command = TASKS[case % min(count // 8, len(TASKS))], chosen.choice(COMMANDS)
        right = whole(task)
        folder = tmp_path / "runs"
        shutil.copytree(right.path, folder / "other")
        if (task, command) not in undamaged:
            shutil.copytree(right.path, folder / task)
            undamaged[task, command] = ask(folder / task, command, right)
            shutil.rmtree(folder / task)
        run, file, what = damaged_copy(right.path, folder / task, chosen)
        faults, way = verdict(ask(run, command, right), undamaged[task, command])
        made.add(file, f"case {case}, {task}, {command}, {file}, {what}", faults, way)
        shutil.rmtree(folder)
    made.check()


@forms(short=6, long=300)
def test_a_run_with_a_damaged_file_is_refused_or_resumed_to_the_same_bits(
    nursery: Nursery,
    whole: Callable[[str], Whole],
    half: Callable[[str], Path],
    tmp_path: Path,
    count: int,
) -> None:
    made = Tallies()
    for case in range(count):
        chosen = draw("damage before resuming", case)
        task = TASKS[case % min(count // 3, len(TASKS))]
        right = whole(task)
        run, file, what = damaged_copy(half(task), tmp_path / str(case) / task, chosen)
        done = nursery.run("resume", run, "--quiet", home=right.home, seconds=90)
        faults, way = [], "refused by name"
        if done.code is None or crashed(done):
            faults = [f"it ended with {done.code}: {last_line(done)}"]
        elif done.code == 0:
            found = outcome(run)
            faults = differing(spared(found, file), spared(kept(right.outcome, found, file), file))
            way = "resumed to the same bits"
        made.add(file, f"case {case}, {task}, resume, {file}, {what}", faults, way)
        shutil.rmtree(run.parent)
    made.check()


def spared(found: dict[str, Any], file: str) -> dict[str, Any]:
    """Leaves out of an outcome what the damaged file itself makes different.

    A damaged run.json is written anew, with all that counts.
    """
    told = {"experiment.toml": ("experiment",)}
    out = {*told.get(file, ()), file, "files"} - {RECORD}
    return {name: value for name, value in found.items() if name not in out}


def kept(right: dict[str, Any], found: dict[str, Any], file: str) -> dict[str, Any]:
    """Leaves out of what is right the events that a damaged log has lost; others have to fit."""
    if file != LOG:
        return right
    fit = {
        name: {key: value for key, value in right[name].items() if key in found[name]}
        for name in ("evaluations", "samples")
    }
    return right | fit


@forms(short=2, long=200)
def test_a_damaged_cache_of_encoded_data_is_made_again(
    nursery: Nursery,
    whole: Callable[[str], Whole],
    half: Callable[[str], Path],
    tmp_path: Path,
    count: int,
) -> None:
    made = tally("damage: cache of encoded data")
    for case in range(count):
        chosen = draw("cache", case)
        task = TASKS[case % min(count, len(TASKS))]
        right = whole(task)
        if not (right.home / "cache" / "encoded").exists():
            pytest.fail(f"the data of {task} are not cached")
        folder = tmp_path / str(case)
        run = Path(shutil.copytree(half(task), folder / task))
        home, file, what = damaged_copy(right.home, folder / "home", chosen)
        done = nursery.run("resume", run, "--quiet", home=home, seconds=90)
        faults = differing(outcome(run), right.outcome)
        if done.code != 0:
            faults = [f"it ended with {done.code}: {last_line(done)}"]
        way = "made again, said" if NAMED.search(done.err) else "harmless"
        made.add(f"case {case}, {task}, {Path(file).name}, {what}", faults, way)
        shutil.rmtree(folder)
    made.check()


def test_there_is_a_run_of_every_task() -> None:
    assert set(TASKS) == set(SCENARIOS)
