"""Pretrained word vectors: every form they are published in, and what can be wrong with a file."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seqkit.errors import ConfigurationError, DataError
from seqkit.nn import load_vectors_
from seqkit.text import read_vectors

LINES = "the 1 2 3\n. . . 9 9 9\nfilm -0.5 1e-3 0\nthe 7 7 7\ngr\u00f6\u00dfe 4 5 6\n"
TOKENS = ["<pad>", "<unk>", "film", "the", "gr\u00f6\u00dfe", "."]
VECTORS = [[0, 0, 0], [0, 0, 0], [-0.5, 0.001, 0], [1, 2, 3], [4, 5, 6], [0, 0, 0]]
FOUND = [False, False, True, True, True, False]


def plain(folder: Path) -> Path:
    path = folder / "glove.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def with_header(folder: Path) -> Path:
    path = folder / "wiki.vec"
    text = LINES.replace("\n", " \n").replace(". . . 9 9 9 \n", "")
    path.write_text(f"4 3\n{text}", encoding="utf-8")
    return path


def packed(folder: Path) -> Path:
    path = folder / "wiki.vec.gz"
    path.write_bytes(gzip.compress(with_header(folder).read_bytes()))
    return path


def zipped(folder: Path) -> Path:
    path = folder / "glove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("LICENSE", "free")
        archive.writestr("glove.2d.txt", "the 1 2\n")
        archive.writestr("glove.3d.txt", LINES)
    return path


@pytest.mark.parametrize("make", [plain, with_header, packed, zipped])
def test_vectors_are_read_in_every_form_they_are_published_in(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    vectors, found = read_vectors(make(tmp_path), TOKENS, 3)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, np.array(VECTORS, dtype=np.float32))
    assert found.tolist() == FOUND


def test_a_file_of_vectors_is_not_read_into_memory_for_words_nobody_asked_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "many.txt"
    path.write_text("first 1 2\n" + "other not numbers\n" * 1000 + "last 3 4\n")
    assert read_vectors(path, ["last"], 2)[0].tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"the 1 2\nfilm 3 4\n", "have 2 numbers, and the embeddings 3. Set the embedding size"),
        (b"the 1 2 3\nfilm 1 2\n", "damaged on line 2: it has 2 entries"),
        (b"the 1 2 3\nfilm 1 2 x\n", "damaged on line 2"),
        (b"the 1 2 nan\n", "not finite, on line 1"),
        (b"", "holds no vectors"),
        (b"4 3\n", "holds no vectors"),
        (gzip.compress(b"the 1 2 3\n" * 99, mtime=0)[:-9], "cannot be read"),
        (b"PK\x03\x04 no archive", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_of_vectors_is_said(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read_vectors(path, TOKENS, 3)
    assert str(path) in str(error.value)


def test_a_missing_file_and_an_archive_of_other_sizes_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_vectors(tmp_path / "none.txt", TOKENS, 3)
    with pytest.raises(DataError, match=r"glove\.2d\.txt \(vectors of 2\), glove\.3d\.txt"):
        read_vectors(zipped(tmp_path), TOKENS, 50)


def test_vectors_that_are_no_file_are_not_read_for_ever() -> None:
    with pytest.raises(DataError, match=r"/dev/zero are no file"):
        read_vectors(Path("/dev/zero"), ["a"], 2)


def test_embeddings_take_what_is_found_and_keep_the_rest(tmp_path: Path) -> None:
    embedding = nn.Embedding(len(TOKENS), 3, padding_idx=0)
    before, told = embedding.weight.detach().clone(), list[str]()
    load_vectors_(embedding, plain(tmp_path), TOKENS, told.append)
    rows = torch.tensor(FOUND)
    assert torch.equal(embedding.weight[rows], torch.tensor(VECTORS)[rows])
    assert torch.equal(embedding.weight[~rows], before[~rows])
    assert told == ["3 of 6 tokens have their vectors from glove.txt"]


def test_vectors_of_other_words_and_for_other_inputs_are_refused(tmp_path: Path) -> None:
    path, embedding = plain(tmp_path), nn.Embedding(2, 3)
    with pytest.raises(DataError, match="none of the 2 tokens"):
        load_vectors_(embedding, path, ["The", "Film"], print)
    with pytest.raises(ConfigurationError, match="inputs of this task are none"):
        load_vectors_(None, path, TOKENS, print)
    with pytest.raises(ConfigurationError, match="inputs of this task are none"):
        load_vectors_(embedding, path, None, print)
