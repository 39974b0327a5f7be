"""torchtext's tokenizers as seqkit's, and the tutorial's data through torchtext."""

import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqkit.data import read_members
from seqkit.errors import ConfigurationError, DataError, PluginError, SeqkitError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.text import build_tokenizer, load_tokenizer
from seqkit_torchtext import import_torchtext
from seqkit_torchtext.tokenizers import tokenizer

installed = pytest.mark.skipif(find_spec("torchtext") is None, reason="torchtext is not installed")


@installed
def test_a_tokenizer_of_torchtext_is_saved_by_name_and_found_again(tmp_path: Path) -> None:
    tokenizer = build_tokenizer("torchtext:basic_english")
    tokenizer.save(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.name == "torchtext:basic_english"
    assert loaded.tokenize("It's good.") == ["it", "'", "s", "good", "."]
    assert list(loaded.tokenize_many(["A b", ""])) == [["a", "b"], []]
    assert loaded.detokenize(["a", "b"]) == "a b"
    assert build_tokenizer("torchtext:split").tokenize("It's good.") == ["It's", "good."]


@installed
def test_tokenizers_that_are_not_there_are_named_with_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean basic-english\?"):
        build_tokenizer("torchtext:basic-englsh")
    with pytest.raises(ConfigurationError, match="for the language 'de'"):
        build_tokenizer("torchtext:basic_english/de")
    if find_spec("spacy") is None:
        with pytest.raises(PluginError, match="Run: pip install spacy"):
            build_tokenizer("torchtext:spacy")


def test_a_run_whose_tokenizer_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tokenizer.json").write_text('{"tokenizer": "torchtext:basic_english"}')
    monkeypatch.setitem(sys.modules, "torchtext", None)
    with pytest.raises(PluginError, match=r"torchtext is not installed\. Run: pip install"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"tokenizer": "other:words"}')
    with pytest.raises(PluginError, match="'other:words' is of a plugin that is not installed"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"tokenizer": "Other words"}')
    with pytest.raises(DataError, match="not known"):
        load_tokenizer(tmp_path)


@pytest.fixture
def spacy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with a package `spacy` and one model; lists what was opened."""
    folder = tmp_path / "site"
    (folder / "spacy").mkdir(parents=True)
    (folder / "spacy" / "__init__.py").write_text(
        "from pathlib import Path\n"
        "def load(name):\n"
        "    with (Path(__file__).parent / 'opened').open('a') as file:\n"
        "        file.write(name + '\\n')\n"
        "    from types import SimpleNamespace as Part\n"
        "    return Part(tokenizer=lambda text: [Part(text=word) for word in text.split()])\n"
    )
    (folder / "de_core_news_sm-3.0.dist-info").mkdir()
    (folder / "de_core_news_sm-3.0.dist-info" / "METADATA").write_text("Name: de_core_news_sm\n")
    (folder / "de_core_news_sm-3.0.dist-info" / "entry_points.txt").write_text(
        "[spacy_models]\nde_core_news_sm = de_core_news_sm\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "spacy", raising=False)
    return folder / "spacy" / "opened"


@installed
@pytest.mark.parametrize("name", ["de", "de_core_news_sm"])
def test_an_installed_model_of_spacy_is_opened(spacy: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "tokenizer.json").write_text(f'{{"tokenizer": "torchtext:spacy/{name}"}}')
    assert load_tokenizer(tmp_path).tokenize("zwei Wörter") == ["zwei", "Wörter"]
    assert spacy.read_text() == "de_core_news_sm\n"


@installed
@pytest.mark.parametrize(
    "name", ["pip", "de_", "os.path", "/etc", "../x", "./x", "a/../b", "x\\u0000", "", "de/x", "_"]
)
def test_a_run_names_no_package_to_import_and_no_folder_to_open(
    spacy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delitem(sys.modules, "pip", raising=False)
    (tmp_path / "tokenizer.json").write_text(f'{{"tokenizer": "torchtext:spacy/{name}"}}')
    with pytest.raises(SeqkitError):
        load_tokenizer(tmp_path)
    assert not spacy.exists()
    assert "pip" not in sys.modules


def test_a_tokenizer_in_an_experiment_is_a_known_one_or_a_plugins() -> None:
    registry = load_registry()
    load_experiment("sentiment", registry, ["task.tokenizer=some-plugin:words/de"])
    for wrong in ("whitspace", "torchtext:", ":x", "a b:c"):
        with pytest.raises(ConfigurationError, match=r"task\.tokenizer is .*or PLUGIN:NAME"):
            load_experiment("sentiment", registry, [f"task.tokenizer={wrong}"])


@pytest.fixture(params=["sentences", "imdb"])
def records(request: Any, real_data: Callable[[str], Path]) -> dict[str, list[Any]]:
    """The bundled sentences, and 3,000 real reviews where they are."""
    if request.param == "sentences":
        dataset = load_experiment("sentiment", load_registry(), []).dataset
        splits = dataset.component.splits(dataset.config, print)
        return {split: list(rows) for split, rows in splits.items()}
    found: dict[str, list[Any]] = {"neg": [], "pos": []}
    archive = real_data("imdb/aclImdb_v1.tar.gz")
    for name, content in read_members(archive, re.compile(r"test/(neg|pos)/\d+_").search):
        label = "neg" if "/neg/" in name else "pos"
        if len(found[label]) < 1500:
            found[label].append({"text": content.decode(), "label": label})
        if len(found["pos"]) == 1500:
            break
    rows = [row for pair in zip(*found.values(), strict=True) for row in pair]
    return {"train": rows[:2500], "test": rows[2500:]}


@installed
def test_the_tutorial_has_the_same_tokens_vocabulary_and_batches_through_torchtext(
    records: dict[str, list[Any]],
) -> None:
    def encoded(*words: str) -> Any:
        task = load_experiment("imdb-tutorial", load_registry(), words).task
        return task.component.encode(task.config, records, print)

    codec, ours = encoded()
    other, theirs = encoded("task.tokenizer=torchtext:basic_english")
    assert other.vocabulary == codec.vocabulary
    for split in records:
        for name in ours[split]:
            np.testing.assert_array_equal(ours[split][name], theirs[split][name])

    import_torchtext()
    from torchtext.data import get_tokenizer
    from torchtext.vocab import build_vocab_from_iterator

    tokenizer = get_tokenizer("basic_english")
    tokens = [tokenizer(record["text"]) for record in records["train"]]
    vocab = build_vocab_from_iterator(tokens, specials=["<pad>", "<unk>"], max_tokens=25_000)
    vocab.set_default_index(vocab["<unk>"])
    assert tuple(vocab.get_itos()) == codec.vocabulary.tokens
    assert codec.tokens == codec.vocabulary.tokens
    for split, rows in records.items():
        ids = [vocab(tokenizer(row["text"]))[-400:] or [1] for row in rows]
        chosen = np.random.default_rng(0).permutation(len(ids))[:64]
        batch = codec.batch(ours[split], chosen)
        expected = [torch.tensor(ids[index]) for index in chosen]
        padded = torch.nn.utils.rnn.pad_sequence(expected, batch_first=True)
        assert torch.equal(torch.from_numpy(batch["inputs"]).long(), padded)
        assert batch["lengths"].tolist() == [len(row) for row in expected]


@pytest.mark.parametrize("name", ["moses/../../etc", "moses/EN", "basic_english//root"])
def test_a_language_from_a_file_opens_no_path(name: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(repr(name.partition("/")[2]))):
        tokenizer(name)
