"""Runs whose embeddings start from a file of vectors, which is not needed again."""

from pathlib import Path
from typing import Any

import pytest
import torch

import seqkit
from seqkit.errors import DataError
from seqkit.text import Vocabulary

STILL = ("trainer.learning_rate=1e-12", "trainer.weight_decay=0", "trainer.epochs=1")


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "small.vec"
    path.write_text("2 8\nfilm 1 2 3 4 5 6 7 8\nmovie 8 7 6 5 4 3 2 1\n")
    return path


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru", "bilstm"])
def test_embeddings_start_from_vectors(lab: Any, vectors: Path, model: str) -> None:
    run = lab.train(f"model={model}", f"model.vectors={vectors}", *STILL)
    rows = Vocabulary.load(run.path / "encoder").encode(["film", "movie"])
    expected = torch.arange(1.0, 9.0)
    embedding = run.weights()["reader.embedding.weight"]
    torch.testing.assert_close(embedding[rows], torch.stack([expected, expected.flip(0)]))
    (told,) = [warning for warning in run.warnings if "vectors" in warning]
    assert told == f"2 of {len(embedding):,} tokens have their vectors from small.vec"


def test_other_tokens_start_as_they_would_without_vectors(lab: Any, vectors: Path) -> None:
    with_vectors, without = lab.train(f"model.vectors={vectors}", *STILL), lab.train(*STILL)
    rows = Vocabulary.load(without.path / "encoder").encode(["the", "plot", "<unk>"])
    name = "reader.embedding.weight"
    torch.testing.assert_close(with_vectors.weights()[name][rows], without.weights()[name][rows])


def test_a_run_goes_on_and_predicts_without_the_file_of_vectors(lab: Any, vectors: Path) -> None:
    run = lab.train(f"model.vectors={vectors}", *STILL)
    vectors.unlink()
    assert lab.resume(run, "trainer.epochs=2").status == "finished"
    (answer,) = seqkit.load(run.path).predict(["a good film"])
    assert answer["label"] in {"negative", "positive"}


def test_a_language_model_looks_words_up_without_the_space_before_them(
    lab: Any, vectors: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("film after film, a film\nfilm and a movie\n" * 40)
    run = lab.train(
        f"model.vectors={vectors}",
        *STILL,
        task={"name": "language-modeling", "tokens": "words"},
        dataset={"name": "text-file", "path": str(text)},
    )
    rows = Vocabulary.load(run.path / "encoder").encode(["film", " film"])
    expected = torch.arange(1.0, 9.0).expand(2, 8)
    torch.testing.assert_close(run.weights()["reader.embedding.weight"][rows], expected)


@pytest.mark.parametrize("tied", ["true", "false"])
def test_a_translator_takes_vectors_for_its_sources(lab: Any, tmp_path: Path, tied: str) -> None:
    (tmp_path / "letters.txt").write_text("a 1 2 3 4 5 6 7 8\n")
    run = lab.train(
        f"model.vectors={tmp_path / 'letters.txt'}",
        f"model.tied_embeddings={tied}",
        *STILL,
        task={"name": "seq2seq", "tokenizer": "characters"},
        dataset={"name": "reverse", "train": 64, "validation": 8, "test": 8},
        model={"name": "seq2seq", "hidden_size": 8, "embedding_size": 8},
    )
    expected = torch.arange(1.0, 9.0)
    rows = [weight for name, weight in run.weights().items() if "embedding.weight" in name]
    assert any((weight == expected).all(dim=1).any() for weight in rows)


def test_vectors_of_another_size_end_a_run_before_it_begins(lab: Any, vectors: Path) -> None:
    with pytest.raises(DataError, match="have 8 numbers, and the embeddings 16"):
        lab.train(f"model.vectors={vectors}", "model.embedding_size=16")
    assert not any(lab.runs.iterdir())
