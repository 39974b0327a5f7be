"""Entries of the cache of encoded data: written whole, checked when they are read, never believed.

    manifest.json               what was encoded, and size and sha256 of every file below
    SPLIT/ARRAY.npy             mapped into memory
    encoder/...                 what the task saved
    baselines-SPLIT.json        added later, with a checksum of its own
    examples-NAME.safetensors   likewise: scores of the examples of a split by a baseline

Whatever is wrong with an entry, the data are encoded again: a cache must never be why a run fails.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.api import Arrays, Codec
from seqkit.errors import ConfigurationError, PluginError, SeqkitError
from seqkit.runs.example_scores import Column, ExampleScores, load_scores
from seqkit.runs.folder import write_atomically
from seqkit.storage.checksums import digest_of, fingerprint, read_document, sealed_document
from seqkit.storage.regular_files import check_folder, check_regular, read_regular

_MANIFEST = "manifest.json"
_EXAMPLES = "baseline"
Scores = dict[str, dict[str, float]]


class DamagedEntryError(Exception):
    """An entry is not what was written; its message says why."""


def is_kept(folder: Path) -> bool:
    """Tells whether there is an entry, be it whole or not."""
    return (folder / _MANIFEST).is_file()


def write_entry(
    folder: Path, facts: Mapping[str, Any], codec: Codec, splits: Mapping[str, Arrays]
) -> None:
    """Writes an entry aside and renames it into place.

    Args:
        folder: Where it goes.
        facts: What the manifest tells people.
        codec: The fitted task.
        splits: Flat arrays of each split.

    Raises:
        OSError: It cannot be written, or another process was first, whose entry is as good.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".encoding-", dir=folder.parent))
    try:
        (aside / "encoder").mkdir()
        codec.save(aside / "encoder")
        for split, arrays in splits.items():
            (aside / split).mkdir()
            for name, array in arrays.items():
                np.save(aside / split / f"{name}.npy", array, allow_pickle=False)
        files = {
            path.relative_to(aside).as_posix(): _status(path)
            for path in sorted(aside.rglob("*"))
            if path.is_file()
        }
        names = {split: list(arrays) for split, arrays in splits.items()}
        text = json.dumps({**facts, "splits": names, "files": files}, default=str)
        manifest = sealed_document(json.loads(text))
        write_atomically(aside / _MANIFEST, json.dumps(manifest, indent=2))
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def read_entry(
    folder: Path, load: Callable[[Path], Codec]
) -> tuple[Codec, dict[str, Arrays]] | None:
    """Returns the codec and the arrays of an entry; None where there is none.

    Args:
        folder: Where it is.
        load: Reads the codec out of its folder.

    Raises:
        DamagedEntryError: The entry is not what was written.
        OSError: It cannot be read.
        PluginError: What the codec needs is not installed.
    """
    try:
        content = read_regular(folder / _MANIFEST)
    except FileNotFoundError:
        return None
    except SeqkitError as error:
        raise DamagedEntryError(str(error)) from error
    try:
        manifest = read_document(content, sealed=True)
        check_folder(folder)
        for name, status in manifest["files"].items():
            if _status(folder / name) != status:
                raise ValueError(f"{folder / name} does not match its checksum")
        splits: dict[str, Arrays] = {
            split: {name: _mapped(folder / split / f"{name}.npy") for name in names}
            for split, names in manifest["splits"].items()
        }
        return load(folder / "encoder"), splits
    except (PluginError, ConfigurationError):
        raise
    except Exception as error:
        raise DamagedEntryError(str(error) or type(error).__name__) from error


def discard(folder: Path) -> None:
    """Removes an entry, or what lies in its place, as far as that can be done."""
    if folder.is_symlink() or not folder.is_dir():
        try:
            folder.unlink(missing_ok=True)
        except OSError:
            return
    shutil.rmtree(folder, ignore_errors=True)


def read_scores(file: Path) -> Scores | None:
    """Returns the scores in a file; None where it is not there.

    Raises:
        DamagedEntryError: The file is not what was written.
    """
    try:
        document = json.loads(read_regular(file))
        scores: Scores = document["scores"]
        if document["sha256"] != digest_of(scores):
            raise ValueError(f"{file} does not match its checksum")
    except FileNotFoundError:
        return None
    except Exception as error:
        raise DamagedEntryError(str(error) or type(error).__name__) from error
    return scores


def write_scores(file: Path, scores: Scores) -> None:
    """Writes scores, for the next run; where they cannot be written, it computes them again."""
    try:
        document = {"scores": scores, "sha256": digest_of(scores)}
        write_atomically(file, json.dumps(document))
    except OSError:
        discard(file)


def read_examples(file: Path) -> np.ndarray[Any, Any] | None:
    """Returns what `write_examples` wrote; None where there is none, or it is damaged."""
    try:
        check_regular(file)
        scores = load_scores(file)
    except (OSError, SeqkitError):
        discard(file)
        return None
    return None if scores is None else scores.columns[_EXAMPLES].values


def write_examples(file: Path, values: np.ndarray[Any, Any]) -> None:
    """Writes a score for each example; where it cannot be written, it is computed again."""
    try:
        ExampleScores(np.ones(len(values)), {_EXAMPLES: Column(values)}).save(file)
    except OSError:
        discard(file)


def damaged_scores(folder: Path) -> list[str]:
    """Removes the scores of an entry that are damaged, and returns what is wrong with them."""
    found = []
    for file in sorted(folder.glob("baselines-*.json")):
        try:
            read_scores(file)
        except DamagedEntryError as error:
            found.append(str(error))
            discard(file)
    return found


def _mapped(path: Path) -> np.memmap[Any, Any]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.memmap):
        raise ValueError(f"{path} is no array")
    return array


def _status(path: Path) -> dict[str, Any]:
    """Returns size and sha256 of a regular file."""
    check_regular(path)
    status = path.stat()
    return {
        "size": status.st_size,
        "sha256": sha256_of_file(path, status.st_size, status.st_mtime_ns, status.st_ino),
    }


@lru_cache(maxsize=4096)
def sha256_of_file(path: Path, *_status: int) -> str:
    """Returns the checksum of a file, which is read once for each status of it."""
    return str(fingerprint(path)["sha256"])
