"""Reading, cutting and encoding texts: the IMDB training reviews where they are there."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from seqkit.data.fetch import FetchOptions
from seqkit.engine.encoding import encode_data
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.text import build_tokenizer

ARCHIVE = "imdb/aclImdb_v1.tar.gz"


def torchtext_basic_english() -> Callable[[str], list[str]]:
    """Loads the tokenizer of torchtext from its file, as the package itself no longer loads."""
    try:
        path = metadata.distribution("torchtext").locate_file("torchtext/data/utils.py")
    except metadata.PackageNotFoundError:
        pytest.skip("torchtext is not installed (pip install --no-deps torchtext==0.18.0)")
    spec = importlib.util.spec_from_file_location("torchtext_utils", str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tokenizer: Callable[[str], list[str]] = module.get_tokenizer("basic_english")
    return tokenizer


@pytest.mark.slow
def test_encoding_the_imdb_training_reviews(real_data: Callable[[str], Path]) -> None:
    registry = load_registry()
    imdb = registry.find("datasets", "imdb").component
    imdb.get(imdb.Config(), FetchOptions(source=real_data(ARCHIVE)))
    experiment = load_experiment("imdb-bilstm", registry, ["dataset.validation=0"])
    training = {"train": imdb.splits(experiment.dataset.config, print)["train"]}
    start = time.perf_counter()
    experiment.task.component.encode(experiment.task.config, training, print)
    first = time.perf_counter() - start
    encode_data(experiment, registry, print)
    start = time.perf_counter()
    data = encode_data(experiment, registry, print)
    again = time.perf_counter() - start
    assert data.cached
    print(
        f"\nIMDB, 25,000 training reviews, read and encoded: {first:.2f} s the first time "
        f"(aim: under 15); all 50,000 from the cache: {again:.3f} s (aim: under 0.5)"
    )


@pytest.mark.slow
def test_basic_english_beside_torchtext(real_data: Callable[[str], Path]) -> None:
    registry = load_registry()
    imdb = registry.find("datasets", "imdb").component
    config = imdb.Config(path=str(real_data(ARCHIVE)), validation=0)
    texts = [record["text"] for record in imdb.splits(config, print)["train"]][:5000]
    ours, theirs = build_tokenizer("basic-english"), torchtext_basic_english()
    megabytes = sum(len(text) for text in texts) / 1e6
    ratios = []
    for _ in range(3):
        start = time.process_time()
        mine = list(ours.tokenize_many(texts))
        between = time.process_time()
        reference = [theirs(text) for text in texts]
        ratios.append((time.process_time() - between) / (between - start))
        assert mine == reference
        speed = megabytes / (between - start)
    print(
        f"\nbasic-english: {speed:.0f} MB/s; torchtext / ours: "
        f"min {min(ratios):.2f}  median {sorted(ratios)[1]:.2f}  max {max(ratios):.2f}"
    )
