"""One's own data that a plugin's dataset recognises, for a task that the plugin brings."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seqkit.api import Dataset, Model, Recognition, Task
from seqkit.data.own import OwnData
from seqkit.errors import DataError
from seqkit.experiments.beginning import begin
from seqkit.experiments.own_data import recognise
from seqkit.hookspecs import hookimpl
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Plugin, Registry

PLUGIN = '''
"""Tells whether a word of noughts and ones has an even number of ones."""

import json
from pathlib import Path

import numpy as np

import seqkit
from seqkit.api import Recognition


class BitsCodec(seqkit.Codec):
    """Words as ids: 2 for a nought, 3 for a one."""

    names = ("even", "odd")

    def __init__(self, counts):
        self.counts = counts

    def save(self, folder):
        (folder / "counts.json").write_text(json.dumps(self.counts))

    @property
    def shape(self):
        return seqkit.Shape(
            "parity", seqkit.Tokens(4), seqkit.Classes(self.names, tuple(self.counts), 2)
        )

    def encode(self, records, notify):
        records = list(records)
        lengths = [len(record["bits"]) for record in records]
        values = [2 + int(bit) for record in records for bit in record["bits"]]
        targets = [self.names.index(record.get("kind", "even")) for record in records]
        return {
            "values": np.array(values, dtype=np.int64),
            "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            "targets": np.array(targets, dtype=np.int64),
        }

    def parse(self, inputs):
        return [{"bits": one} if isinstance(one, str) else dict(one) for one in inputs]

    def batch(self, arrays, indices):
        pieces = [
            arrays["values"][arrays["offsets"][at] : arrays["offsets"][at + 1]] for at in indices
        ]
        lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
        inputs = np.zeros((len(pieces), lengths.max()), dtype=np.int64)
        for row, piece in zip(inputs, pieces):
            row[: len(piece)] = piece
        return {"inputs": inputs, "lengths": lengths, "targets": arrays["targets"][indices]}

    def answers(self, outputs, records):
        return [{"kind": self.names[int(one.argmax())]} for one in outputs]


class Parity(seqkit.Task):
    """Tell an even number of ones from an odd one."""

    name = "parity"
    outputs = "classes"
    loss = "parity-loss"
    metrics = ()
    fields = {"bits": "the word", "kind": "even or odd"}

    class Config(seqkit.Config):
        depth: int = seqkit.Field(1, ge=1, help="Nothing to speak of.")

    def encode(self, config, splits, notify):
        splits = {split: list(records) for split, records in splits.items()}
        kinds = [record["kind"] for record in splits["train"]]
        codec = BitsCodec([kinds.count(name) for name in BitsCodec.names])
        return codec, {split: codec.encode(rows, notify) for split, rows in splits.items()}

    def load(self, folder):
        return BitsCodec(json.loads((folder / "counts.json").read_text()))


class BitsFile(seqkit.Dataset):
    """Your own words: one a line, with a tab and its kind."""

    name = "bits-file"
    tasks = ("parity",)

    class Config(seqkit.Config):
        path: str = seqkit.Field(min_length=1, help="The file.")
        test: float = seqkit.Field(0.2, gt=0, lt=1, help="Part held out for the test.")

    def splits(self, config, notify):
        lines = Path(config.path).read_text().splitlines()
        rows = [dict(zip(("bits", "kind"), line.split("\\t"))) for line in lines]
        count = int(len(rows) * config.test)
        held = {"validation": rows[:count], "test": rows[count : 2 * count]}
        return {"train": rows[2 * count :], **held}

    def recognise(self, data, task):
        if data.is_folder or data.kind not in (".txt", ".bits"):
            return None
        if not all(set(line.partition("\\t")[0]) <= set("01") for line in data.lines):
            return None
        return Recognition(
            settings={"path": data.as_setting},
            said="words of noughts and ones are in it",
            confidence=1.0,
            task="parity",
            examples=len(data.lines),
            overrides={"trainer.epochs": 2, "task.depth": 3},
        )


class Counter(seqkit.Model):
    """A GRU over bits."""

    name = "counter"
    tasks = ("parity",)

    def build(self, config, shape):
        import torch

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.table = torch.nn.Embedding(shape.inputs.size, 4)
                self.gru = torch.nn.GRU(4, 8, batch_first=True)
                self.out = torch.nn.Linear(8, shape.outputs.logits)

            def forward(self, inputs, lengths):
                states, _ = self.gru(self.table(inputs))
                return self.out(states[torch.arange(len(lengths)), lengths.to(inputs.device) - 1])

        return Net()


class ParityLoss(seqkit.Loss):
    """Cross-entropy."""

    name = "parity-loss"
    tasks = ("parity",)

    def build(self, config, shape):
        from torch.nn import functional

        return lambda outputs, targets: (
            functional.cross_entropy(outputs, targets, reduction="sum"),
            len(targets),
        )


@seqkit.hookimpl
def register_tasks():
    return [Parity]


@seqkit.hookimpl
def register_datasets():
    return [BitsFile]


@seqkit.hookimpl
def register_models():
    return [Counter]


@seqkit.hookimpl
def register_losses():
    return [ParityLoss]
'''


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plugin() -> Path:
    path = Path("bits.py")
    path.write_text(PLUGIN, encoding="utf-8")
    return path


def _words(count: int) -> str:
    rows = (f"{number + 1:b}" for number in range(count))
    return "".join(f"{row}\t{'odd' if row.count('1') % 2 else 'even'}\n" for row in rows)


@pytest.mark.parametrize("task", [(), ("--task", "parity")], ids=["told", "named"])
def test_a_task_of_a_plugin_begins_on_own_data_and_is_trained_and_used(
    task: tuple[str, ...], plugin: Path, seqkit: Callable[..., Any]
) -> None:
    Path("words.txt").write_text(_words(60), encoding="utf-8")
    done = seqkit("new", "g.toml", "--data", "words.txt", *task, "--plugin", plugin)
    assert done.code == 0, done.err
    assert "Words of noughts and ones are in it." in done.out
    assert "There are only 60 examples" in done.err
    document = tomllib.loads(Path("g.toml").read_text(encoding="utf-8"))
    assert document["dataset"] == {"name": "bits:bits-file", "path": "words.txt"}
    assert document["task"] == {"name": "bits:parity", "depth": 3}
    assert document["model"]["name"] == "bits:counter"
    command = "seqkit run g.toml --plugin bits.py"
    assert f"Run it: {command}\n" in done.err
    assert f"# Run it:  {command}\n" in Path("g.toml").read_text(encoding="utf-8")
    without = seqkit("run", "g.toml")
    assert "No plugin 'bits' is installed; install it, or name its folder by" in without.err
    assert document["trainer"] == {"epochs": 2, "batch_size": 4}
    done = seqkit("run", "g.toml", "--plugin", plugin, "--name", "bits")
    assert done.code == 0, done.err
    done = seqkit("predict", "bits", "1011", "--json", "--plugin", plugin)
    assert done.code == 0, done.err
    assert json.loads(done.out)["answers"][0]["kind"] in ("even", "odd")


CHOOSING = """
    def choose(self, splits, cores):
        count = len(splits["train"])
        return [
            seqkit.Choice("trainer.batch_size", 8, f"{count} words: small batches"),
            seqkit.Choice("model", {"name": "counter"}, "words of bits: a counter"),
        ]

    def encode(self, config"""


def test_a_task_chooses_settings_by_the_records_and_the_file_tells_why(
    plugin: Path, seqkit: Callable[..., Any]
) -> None:
    Path("words.txt").write_text(_words(60), encoding="utf-8")
    task, rest = PLUGIN.split("class Parity", 1)
    choosing = f"{task}class Parity{rest.replace('    def encode(self, config', CHOOSING, 1)}"
    plugin.write_text(choosing, encoding="utf-8")
    done = seqkit("new", "g.toml", "--data", "words.txt", "--plugin", plugin)
    assert done.code == 0, done.err
    assert "- 36 words: small batches\n" in done.out
    text = Path("g.toml").read_text(encoding="utf-8")
    assert "# Chosen: 36 words: small batches\nbatch_size = 8\n" in text
    assert '# Chosen: words of bits: a counter\nname = "bits:counter"\n' in text

    wrong = choosing.replace('trainer.batch_size", 8', 'trainer.batch_size", -8')
    plugin.write_text(wrong, encoding="utf-8")
    done = seqkit("new", "h.toml", "--data", "words.txt", "--plugin", plugin)
    assert done.code == 0, done.err
    assert "task 'bits:parity' failed to choose settings" in done.err
    assert tomllib.loads(Path("h.toml").read_text(encoding="utf-8"))["trainer"]["batch_size"] == 4


class _Early(Model):
    """A model that is the first by name and fits everything."""

    name = "aaa"
    inputs = ("tokens", "features")
    outputs = ("classes",)


def _models(*models: type[Model]) -> ModuleType:
    def register_models() -> list[type[Model]]:
        return list(models)

    module = ModuleType("early")
    module.register_models = hookimpl(register_models)  # type: ignore[attr-defined]
    return module


def test_a_task_without_a_recipe_begins_with_a_model_of_its_own_plugin_or_of_seqkit(
    plugin: Path,
) -> None:
    Path("words.txt").write_text(_words(60), encoding="utf-8")
    of_its_own = load_registry([_models(_Early), plugin])
    entry, recognition = recognise(Path("words.txt"), of_its_own)
    assert begin(entry, recognition, of_its_own).document["model"] == {"name": "counter"}

    plugin.write_text(PLUGIN.replace("return [Counter]", "return []"), encoding="utf-8")
    of_seqkit = load_registry([_models(_Early), plugin])
    entry, recognition = recognise(Path("words.txt"), of_seqkit)
    name = begin(entry, recognition, of_seqkit).document["model"]["name"]
    owner = of_seqkit.find("models", name).owner
    assert owner is not None
    assert owner.built_in


def test_the_helper_of_the_terminal_shows_what_a_plugin_recognises(plugin: Path) -> None:
    from seqkit.processes.checker import answer

    Path("words.txt").write_text(_words(60), encoding="utf-8")
    found = answer('{"id": 1, "do": "look", "path": "words.txt"}', load_registry([plugin]))
    assert (found["task"], found["recipe"]) == ("parity", "")
    assert found["dataset"] == {"name": "bits-file", "path": "words.txt"}
    assert found["document"]["model"] == {"name": "counter"}
    assert found["said"] == "Words of noughts and ones are in it."


# --- which dataset is taken -----------------------------------------------------------------------


class Notes(Task):
    """A task that nobody trains here."""

    name = "notes"


def _dataset(named: str, look: Callable[[OwnData], Any]) -> type[Dataset]:
    class Made(Dataset):
        """A dataset that recognises what a test wants."""

        name = named
        tasks = ("notes",)

        def recognise(self, data: OwnData, task: str) -> Recognition | None:
            found: Recognition | None = look(data)
            return found

    return Made


def _recognition(confidence: float, said: str = "notes are in it", task: str = "notes") -> Any:
    return lambda data: Recognition({"path": data.as_setting}, said, confidence, task)


def _raising(error: BaseException) -> Callable[[OwnData], Any]:
    def look(_data: OwnData) -> Any:
        raise error

    return look


def _registry(**looks: Callable[[OwnData], Any]) -> Registry:
    def register_datasets() -> list[type[Dataset]]:
        return [_dataset(name.replace("_", "-"), look) for name, look in looks.items()]

    def register_tasks() -> list[type[Task]]:
        return [Notes]

    module = ModuleType("made")
    for hook in (register_datasets, register_tasks):
        setattr(module, hook.__name__, hookimpl(hook))
    registry = load_registry()
    registry.add(Plugin("made", "seqkit-made", "2.5"), lambda: module)
    assert not registry.warnings
    return registry


@pytest.fixture
def labelled() -> Path:
    path = Path("a.csv")
    path.write_text("text,label\n" + "".join(f"a text {n},{n % 2}\n" for n in range(60)))
    return path


def test_the_surest_of_several_datasets_is_taken(labelled: Path) -> None:
    registry = _registry(less=_recognition(0.95), more=_recognition(1.0), none=lambda _: None)
    assert recognise(labelled, registry)[0].qualified == "made:more"
    registry = _registry(less=_recognition(0.4))
    entry, found = recognise(labelled, registry)
    assert entry.name == "text-csv"
    assert "--task" not in found.said


def test_what_else_data_could_be_is_told_where_nobody_is_sure() -> None:
    path = Path("a.txt")
    path.write_text("1.5,2.5\n" * 50)
    entry, found = recognise(path, _registry(mine=_recognition(0.3)))
    assert entry.name == "text-file"
    assert found.said.endswith(
        "could be for notes or forecasting as well: give --task notes or --task forecasting"
    )


def test_a_named_task_asks_its_own_datasets_alone(labelled: Path) -> None:
    registry = _registry(mine=_recognition(0.1))
    assert recognise(labelled, registry, "notes")[0].name == "mine"
    assert recognise(labelled, registry, "made:notes")[0].name == "mine"


def test_a_task_with_the_name_of_another_is_the_one_of_the_dataset_or_the_one_named(
    labelled: Path, plugin: Path, seqkit: Callable[..., Any]
) -> None:
    text = PLUGIN.replace('"parity"', '"classification"')
    plugin.write_text(text, encoding="utf-8")
    Path("words.txt").write_text(_words(60), encoding="utf-8")
    for data, words, task in (
        ("words.txt", [], "bits:classification"),
        ("words.txt", ["--task", "bits:classification"], "bits:classification"),
        (labelled, [], "classification"),
    ):
        done = seqkit("new", "g.toml", "--force", "--data", data, *words, "--plugin", plugin)
        assert done.code == 0, done.err
        assert tomllib.loads(Path("g.toml").read_text("utf-8"))["task"]["name"] == task


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (_raising(KeyError("torn")), "KeyError: 'torn'"),
        (_raising(SystemExit(3)), "SystemExit: 3"),
        (lambda _: {"path": "a"}, "it returned dict, not a Recognition"),
        (_recognition(7.0), "its confidence is 7.0"),
        (_recognition(1.0, task="nights"), "there is no task 'nights'"),
    ],
)
def test_a_dataset_that_fails_is_named_with_its_plugin_and_passed_over(
    look: Callable[[OwnData], Any], said: str, labelled: Path
) -> None:
    told: list[str] = []
    entry, _ = recognise(labelled, _registry(torn=look), warn=told.append)
    assert entry.name == "text-csv"
    (warning,) = told
    assert "'made:torn' (seqkit-made 2.5)" in warning
    assert said in warning
    assert warning.endswith("Run 'seqkit plugin check made'")


def test_an_error_of_a_dataset_counts_unless_another_is_surer(labelled: Path) -> None:
    error = DataError("a.csv is torn. Mend it")
    assert recognise(labelled, _registry(torn=_raising(error)))[0].name == "text-csv"
    Path("b.csv").write_text("t,l\n" + "".join(f"a text {n},{n % 2}\n" for n in range(60)))
    with pytest.raises(DataError, match="Mend it"):
        recognise(Path("b.csv"), _registry(torn=_raising(error)))


def test_what_to_do_is_said_by_those_that_cannot_use_the_data() -> None:
    Path("a.csv").write_text("a,b\n1,2\n3,4\n")
    registry = _registry(mine=_recognition(0, "write notes, one a line"))
    with pytest.raises(DataError, match=r"what notes reads; it has 'a', 'b'\. Write notes, one"):
        recognise(Path("a.csv"), registry, "notes")


def test_a_task_without_such_datasets_names_those_there_are() -> None:
    Path("a.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match="taken by mine: see 'seqkit show mine'"):
        recognise(Path("a.csv"), _registry(mine=lambda _: None), "notes")
