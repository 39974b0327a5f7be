"""Encoded data are made once, kept, and made again when anything they depend on changes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seqkit.engine import encoding
from seqkit.engine.cache import sha256_of_file
from seqkit.engine.encoding import EncodedData, encode_data
from seqkit.errors import DataError
from seqkit.events import Event
from seqkit.paths import cache_home
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from tests.engine.conftest import Lab

Reviews = Callable[..., Path]

FAULTS = int(os.environ.get("FAULTS_COUNT", "0")) or 24
"""Damaged entries that are read; many more of them by hand."""


def encode(lab: Lab, path: Path, *words: str) -> tuple[EncodedData, list[str]]:
    notes: list[str] = []
    experiment = lab.experiment(*words, dataset={"name": "text-csv", "path": str(path)})
    return encode_data(experiment, load_registry(), notes.append), notes


def folders() -> list[Path]:
    return sorted((cache_home() / "encoded").iterdir())


def equal(first: EncodedData, second: EncodedData) -> bool:
    pairs = [
        (array, second.splits[split][name])
        for split, arrays in first.splits.items()
        for name, array in arrays.items()
    ]
    same = all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)
    return same and first.codec.shape == second.codec.shape


def test_the_second_time_the_data_are_there_and_equal(lab: Lab, reviews: Reviews) -> None:
    path = reviews()
    first, _ = encode(lab, path)
    second, notes = encode(lab, path)
    assert (first.cached, second.cached) == (False, True)
    assert notes == []
    assert equal(first, second)
    assert isinstance(second.splits["train"]["values"], np.memmap)


def test_a_run_says_whether_its_data_were_cached_and_gives_the_same_numbers(
    lab: Lab, reviews: Reviews
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    runs = [lab.train("trainer.max_steps=2", dataset=dataset) for _ in range(2)]
    assert [run.of("started")[0]["encoding"]["cached"] for run in runs] == [False, True]
    assert runs[0].weights_file == runs[1].weights_file


def test_a_changed_file_is_encoded_anew(lab: Lab, reviews: Reviews) -> None:
    first, _ = encode(lab, reviews())
    second, _ = encode(lab, reviews(extra=" sequel"))
    assert not second.cached
    assert first.key != second.key
    assert second.sizes("train").sum() > first.sizes("train").sum()
    assert len(folders()) == 2


def test_changed_settings_are_encoded_anew(lab: Lab, reviews: Reviews) -> None:
    path = reviews()
    keys = {encode(lab, path, *words)[0].key for words in ([], ["task.minimum_count=9"])}
    assert len(keys) == 2
    assert encode(lab, path, "trainer.batch_size=3", "model=lstm")[0].cached


def test_changed_code_that_reads_data_encodes_anew(
    lab: Lab, reviews: Reviews, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "reading").mkdir()
    source = tmp_path / "reading" / "__init__.py"
    source.write_text("")
    monkeypatch.setattr(encoding, "_READERS", (import_module("reading"),))
    path = reviews()
    first, again = (encode(lab, path)[0] for _ in range(2))
    assert again.cached
    os.utime(source, (1, 1))
    changed, _ = encode(lab, path)
    assert not changed.cached
    assert changed.key != first.key


def test_data_of_a_plugin_whose_code_was_changed_are_encoded_anew(lab: Lab) -> None:
    plugin = lab.plugin(
        """
        import seqkit

        class Mine(seqkit.Dataset):
            \"\"\"Has a fingerprint, whatever its code does.\"\"\"
            name = "mine"
            tasks = ("classification",)

            def fingerprint(self, config):
                return "always"

            def splits(self, config, notify):
                return {"train": [{"text": "a b", "label": n % 2} for n in range(8)]}

        @seqkit.hookimpl
        def register_datasets():
            return [Mine]
        """
    )

    def cached() -> bool:
        experiment = lab.experiment(plugins=[plugin], dataset={"name": "mine"})
        return encode_data(experiment, load_registry([plugin]), lambda _: None).cached

    assert [cached(), cached()] == [False, True]
    plugin.write_text(plugin.read_text().replace("a b", "a c"))
    os.utime(plugin, ns=(0, 0))
    assert [cached(), cached()] == [False, True]


def cut_short(folder: Path) -> None:
    path = folder / "train" / "values.npy"
    path.write_bytes(path.read_bytes()[:-4])


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def crafted(header: str) -> Callable[[Path], None]:
    """Puts an array of the same size and another header in place of the values."""

    def harm(folder: Path) -> None:
        path = folder / "train" / "values.npy"
        size = path.stat().st_size
        text = header.encode()
        start = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        path.write_bytes(start.ljust(size, b"\0")[:size])

    return harm


def put_pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def put_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


HARMS: dict[str, Callable[[Path], Any]] = {
    "an array cut short": cut_short,
    "an array gone": lambda folder: (folder / "train" / "values.npy").unlink(),
    "a manifest cut short": lambda folder: (folder / "manifest.json").write_text('{"files": {"tr'),
    "a manifest of another kind": lambda folder: (folder / "manifest.json").write_text("[]"),
    "strange sizes": lambda folder: (folder / "manifest.json").write_text('{"files": [1]}'),
    "an encoder gone": lambda folder: shutil.rmtree(folder / "encoder"),
    "a bit of an array": lambda folder: flip(folder / "train" / "values.npy"),
    "a bit of a header": lambda folder: flip(folder / "train" / "offsets.npy", 30),
    "a bit of the vocabulary": lambda folder: flip(folder / "encoder" / "vocabulary.json", 60),
    "a bit of the manifest": lambda folder: flip(folder / "manifest.json", 300),
    "a header of 8 PiB": crafted("{'descr': '<f8', 'fortran_order': False, 'shape': (2**50,), }"),
    "a header of objects": crafted("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"),
    "a header that is no Python": crafted("{'descr': (["),
    "a deep header": crafted("(" * 5000),
    "a deep manifest": lambda folder: (folder / "manifest.json").write_text("[" * 100_000),
    "a manifest that is a pipe": lambda folder: put_pipe(folder / "manifest.json"),
    "a manifest that is a link": lambda folder: put_link(folder / "manifest.json"),
    "an array that is a pipe": lambda folder: put_pipe(folder / "train" / "values.npy"),
    "an array that is a link": lambda folder: put_link(folder / "train" / "values.npy"),
    "a pipe beside the arrays": lambda folder: put_pipe(folder / "train" / "more"),
    "an encoder cut short": lambda folder: next((folder / "encoder").iterdir()).write_text("{"),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_damaged_data_are_made_again_and_the_user_hears_of_it(
    lab: Lab, reviews: Reviews, harm: Callable[[Path], Any]
) -> None:
    path = reviews()
    first, _ = encode(lab, path)
    first = EncodedData(
        first.codec, {s: {n: np.array(a) for n, a in v.items()} for s, v in first.splits.items()}
    )
    harm(folders()[0])
    second, notes = encode(lab, path)
    assert len([note for note in notes if "damaged cache" in note]) == 1
    assert equal(first, second)
    assert encode(lab, path)[0].cached


def test_any_flipped_bit_or_cut_is_noticed_and_the_data_made_again(
    lab: Lab, reviews: Reviews
) -> None:
    path = reviews(count=30)
    first, _ = encode(lab, path)
    baselines = first.baselines("validation")
    arrays: dict[str, Any] = {
        s: {n: np.array(a) for n, a in v.items()} for s, v in first.splits.items()
    }
    first = EncodedData(first.codec, arrays)
    chance = random.Random(0)
    noticed = 0
    for number in range(FAULTS):
        files = sorted(file for file in folders()[0].rglob("*") if file.is_file())
        harm(chance.choice(files), chance, cut=number % 4 == 0)
        sha256_of_file.cache_clear()
        again, notes = encode(lab, path)
        assert equal(first, again)
        assert again.baselines("validation") == baselines
        noticed += any("damaged" in note for note in notes)
    # White space of the manifest is not among what its checksum is of.
    assert noticed > 0.9 * FAULTS


def harm(path: Path, chance: random.Random, cut: bool) -> None:
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    if cut:
        del content[place:]
    else:
        content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def test_a_cached_start_reads_a_file_for_its_checksum_once_a_process(
    lab: Lab, reviews: Reviews
) -> None:
    path = reviews()
    encode(lab, path)
    sha256_of_file.cache_clear()
    encode(lab, path)
    before = sha256_of_file.cache_info()
    encode(lab, path)
    assert sha256_of_file.cache_info().misses == before.misses > 0


def test_a_link_in_place_of_an_entry_is_not_followed(lab: Lab, reviews: Reviews) -> None:
    path = reviews()
    encode(lab, path)
    entry = folders()[0]
    put_link(entry)
    elsewhere = entry.with_name("elsewhere")
    before = sorted(elsewhere.rglob("*"))
    flip(elsewhere / "train" / "values.npy")
    assert equal(encode(lab, path)[0], encode(lab, path)[0])
    assert sorted(elsewhere.rglob("*")) == before
    assert not entry.is_symlink()


def test_a_missing_manifest_means_the_data_are_made_again(lab: Lab, reviews: Reviews) -> None:
    path = reviews()
    encode(lab, path)
    (folders()[0] / "manifest.json").unlink()
    assert not encode(lab, path)[0].cached
    assert encode(lab, path)[0].cached


def test_damaged_baselines_are_computed_again(lab: Lab, reviews: Reviews) -> None:
    path = reviews()
    scores = encode(lab, path)[0].baselines("validation")
    (folders()[0] / "baselines-validation.json").write_text('{"majority": {"acc')
    again, notes = encode(lab, path)
    assert again.baselines("validation") == scores
    assert ["damaged baselines" in note for note in notes] == [True]
    assert encode(lab, path)[0].baselines("validation") == scores


def test_a_cache_that_cannot_be_written_does_not_stop_a_run(
    lab: Lab, reviews: Reviews, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A file where the folder should be refuses everyone, root included.
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache").write_text("in the way")
    monkeypatch.setenv("SEQKIT_HOME", str(tmp_path / "home"))
    dataset = {"name": "text-csv", "path": str(reviews())}
    run = lab.train("trainer.max_steps=2", "trainer.baselines=true", dataset=dataset)
    assert run.status == "finished"
    assert any("not kept for the next run" in warning for warning in run.warnings)


def test_two_processes_may_encode_at_once(lab: Lab, reviews: Reviews) -> None:
    path = reviews(count=2000)
    source = lab.toml(dataset={"name": "text-csv", "path": str(path)})
    code = """
import sys
from seqkit.engine import encoding
from seqkit.engine.encoding import encode_data
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
registry = load_registry()
experiment = load_experiment(sys.argv[1], registry)
print("ready", flush=True)
sys.stdin.readline()
notes = []
for _ in range(5):
    data = encode_data(experiment, registry, notes.append)
    assert len(data.sizes("train")) > 1000
print(notes)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ.copy(),
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert (process.returncode, output) == (0, "[]\n")
    assert [folder.name.startswith(".") for folder in folders()] == [False]


def test_a_dataset_without_training_examples_is_refused(lab: Lab) -> None:
    plugin = lab.plugin(
        """
        import seqkit

        class Empty(seqkit.Dataset):
            "Holds nothing to train on."
            name = "empty"
            tasks = ("classification",)

            def splits(self, config, notify):
                return {"test": [{"text": "a", "label": "b"}]}

        @seqkit.hookimpl
        def register_datasets():
            return [Empty]
        """
    )
    with pytest.raises(DataError, match="no training split; it has test"):
        lab.train(plugins=[plugin], dataset={"name": "empty"})
    assert list(lab.runs.iterdir()) == [], "a run that never began left its folder"


def test_data_that_changed_before_resuming_are_encoded_by_the_runs_own_encoder(
    lab: Lab, reviews: Reviews, signal_at: Callable[..., Callable[[Event], None]]
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    run = lab.train("trainer.batch_size=8", dataset=dataset, observers=[signal_at(2)])
    codec = {path.name: path.read_bytes() for path in run.folder.codec.iterdir()}
    # The same number of words, so that nothing but the encoder tells the difference.
    path = reviews()
    path.write_text(path.read_text(encoding="utf-8").replace("film", "book"), encoding="utf-8")
    resumed = lab.resume(run)
    assert resumed.status == "finished"
    assert any("codec that the run saved" in warning for warning in resumed.warnings)
    assert {path.name: path.read_bytes() for path in run.folder.codec.iterdir()} == codec


def test_the_classes_told_when_a_run_goes_on_are_those_of_the_data_it_goes_on_with(
    lab: Lab, reviews: Reviews, signal_at: Callable[..., Callable[[Event], None]]
) -> None:
    path = reviews()
    run = lab.train(
        "trainer.batch_size=8",
        dataset={"name": "text-csv", "path": str(path)},
        observers=[signal_at(2)],
    )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-12]), encoding="utf-8")
    began, went_on = (event for event in lab.resume(run).of("started"))
    assert sum(went_on["facts"]["classes"].values()) == went_on["examples"]["train"]
    assert went_on["examples"]["train"] < began["examples"]["train"]


# With more examples than the test above of any bit, and so other files.
@pytest.mark.slow
def test_a_bit_flipped_anywhere_in_the_cache_gives_the_same_data_made_anew(
    lab: Lab, reviews: Reviews
) -> None:
    path = reviews()
    expected, _ = encode(lab, path)
    expected.baselines("train")
    # What is mapped from a file that is damaged below would be damaged with it.
    expected.splits = {
        split: {name: np.array(array) for name, array in arrays.items()}
        for split, arrays in expected.splits.items()
    }
    generator = np.random.default_rng(0)
    named = 0
    for _ in range(40):
        (folder,) = folders()
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        file = files[int(generator.integers(len(files)))]
        content = bytearray(file.read_bytes())
        content[int(generator.integers(len(content)))] ^= 1 << int(generator.integers(8))
        file.write_bytes(content)
        found, notes = encode(lab, path)
        assert equal(found, expected)
        assert found.baselines("train") == expected.baselines("train")
        named += any("damaged cache" in note for note in notes)
    assert named > 20
