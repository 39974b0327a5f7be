"""What NB-SVM makes of texts, for a network to go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor
from torch.nn import functional

from seqkit.api import Arrays, Notify
from seqkit.errors import CheckpointError
from seqkit.storage.regular_files import read_regular
from seqkit.text import damaged
from seqkit_classification._grams import Grams
from seqkit_classification._nb_svm import (
    FEATURES,
    LinearModel,
    NbSvm,
    Texts,
    columns_of,
    fit_linear,
    fit_nb_svm,
    one_thread,
    raw_texts,
    texts_of,
)

_FILE = "residual.safetensors"
_LARGEST = 2**31

MOST_KNOWN = 0.05
"""Part of the training texts that it may have been fitted to: it knows these by heart."""

FOLDS = 5
"""Parts of the training texts; each is told by models of the others."""

_SCALES = np.exp2(np.linspace(-4, 2, 49))


@dataclass(frozen=True)
class Base:
    """The answers that a network begins from: those of NB-SVM, as sure as they deserve.

    Attributes:
        n_grams: What tells the classes.
        scale: Factor of its logits, above 0, by which texts that it has not seen are likeliest.
        added: Log-probability of each class that it was not fitted to, `(classes,)`.
        seen: Checksums of the texts that it was fitted to, int64, rising.
    """

    n_grams: NbSvm
    scale: float
    added: Tensor
    seen: NDArray[np.int64]

    def logits(self, text: NDArray[np.uint8], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
        """Returns the log-probability of each class, `(texts, classes)`.

        Args:
            text: Bytes of UTF-8, one text after another.
            bounds: Where each begins, and the end of the last, int64 `(texts + 1,)`.
        """
        known = (self.scale * self.n_grams.logits(text, bounds)).log_softmax(dim=1)
        if len(self.added):
            left = torch.log1p(-self.added.exp().sum())
            known = torch.cat([known + left, self.added.expand(len(known), -1)], dim=1)
        found: NDArray[np.float32] = known.numpy()
        return found

    def with_classes(self, counts: Sequence[int]) -> Base:
        """Returns it with classes behind its own, each as likely as it is frequent.

        Args:
            counts: Training texts of every class, its own first.
        """
        known = max(2, len(self.n_grams.models[0].intercept))
        if len(counts) == known + len(self.added):
            return self
        shares = (torch.tensor(counts) + 1.0) / (sum(counts) + len(counts))
        return Base(self.n_grams, self.scale, shares[known:].log(), self.seen)

    def knows(self, texts: Texts) -> int:
        """Returns how many of some texts it was fitted to."""
        return int(np.isin(texts.sums(), self.seen).sum())

    def save(self, folder: Path) -> None:
        """Writes what `load_base` reads, beside the `grams`."""
        (folder / _FILE).write_bytes(save(self.arrays()))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Returns what `restored` takes."""
        found: dict[str, NDArray[Any]] = {
            "scale": np.array([self.scale]),
            "added": self.added.numpy(),
            "seen": self.seen,
        }
        for place, model in enumerate(self.n_grams.models):
            found[f"features{place}"] = model.features()
            found[f"coefficients{place}"] = model.coefficients.numpy()
            found[f"intercept{place}"] = model.intercept.numpy()
        return found

    @property
    def grams(self) -> list[Grams]:
        """The n-grams of each model."""
        return [model.grams for model in self.n_grams.models]


def begin(
    encoded: dict[str, Arrays], counts: Sequence[int], kept: Base | None, notify: Notify
) -> Base:
    """Returns what answers begin from, and puts its answers into each split, as `base`.

    Args:
        encoded: Every split, `train` among them.
        counts: Training texts of each class.
        kept: What the run that is gone on from began from; it stays if it knows other texts.
        notify: Is told where it does not stay.
    """
    train = texts_of(encoded["train"])
    known = kept.knows(train) if kept is not None else 0
    if kept is not None and known <= MOST_KNOWN * len(train.targets):
        base, logits = kept.with_classes(counts), None
    else:
        if kept is not None:
            notify(
                f"{known:,} of {len(train.targets):,} training texts are those of the former run: "
                "the n-grams that answers begin from are fitted again"
            )
        validation = encoded.get("validation", {})
        others = texts_of(validation) if "targets" in validation else None
        base, logits = fit_base(train, others, len(counts))
    for split, arrays in encoded.items():
        own = logits if split == "train" else None
        found = base.logits(*raw_texts(arrays)) if own is None else own
        encoded[split] = {**arrays, "base": found}
    return base


def load_base(folder: Path, grams: Sequence[Mapping[str, Any]], classes: int) -> Base:
    """Reads back what `Base.save` wrote. Raises CheckpointError where it is damaged."""
    path = folder / _FILE
    try:
        arrays = load(read_regular(path, _LARGEST))
        return restored(arrays, [Grams(**one) for one in grams], classes)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read: {error.strerror or error}. Copy the whole run folder again"
        ) from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise damaged(path, "classification", f"{error}") from error


def restored(arrays: Arrays, grams: Sequence[Grams], classes: int) -> Base:
    """Returns what `Base.arrays` was made of. Raises ValueError or KeyError where it is damaged.

    Args:
        arrays: What it returned.
        grams: Its `grams`.
        classes: How many classes it tells.
    """
    scale, added, seen = (np.asarray(arrays[name]) for name in ("scale", "added", "seen"))
    _require(scale.shape == (1,) and scale.dtype == np.float64, "its scale is no number")
    _require(bool(np.isfinite(scale[0]) and scale[0] > 0), "its scale is not above 0")
    _require(added.dtype == np.float32 and added.ndim == 1, "its further classes are no numbers")
    _require(bool((added < 0).all() and np.exp(added).sum() < 1), "a class is likelier than sure")
    _require(seen.dtype == np.int64 and seen.ndim == 1, "its checksums are no numbers")
    known = classes - len(added)
    _require(known >= 2, f"it has {len(added)} further classes of {classes}")
    k = 1 if known == 2 else known
    models = []
    for place, one in enumerate(grams):
        features, coefficients, intercept = (
            np.asarray(arrays[f"{name}{place}"])
            for name in ("features", "coefficients", "intercept")
        )
        fits = features.dtype == np.int32 and features.ndim == 1
        fits = fits and coefficients.shape == (len(features), k) and intercept.shape == (k,)
        fits = fits and coefficients.dtype == intercept.dtype == np.float32
        _require(fits, "its n-grams, coefficients and classes do not fit together")
        finite = np.isfinite(coefficients).all() and np.isfinite(intercept).all()
        _require(bool(finite), "a coefficient is not finite")
        rising = not len(features) or (
            features[0] >= 0 and features[-1] < FEATURES and (np.diff(features) > 0).all()
        )
        _require(bool(rising), "its n-grams are not in order")
        weights = torch.from_numpy(coefficients.copy()), torch.from_numpy(intercept.copy())
        models.append(LinearModel(one, columns_of(features), *weights))
    return Base(NbSvm(models), float(scale[0]), torch.from_numpy(added.copy()), seen.copy())


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def fit_base(train: Texts, others: Texts | None, classes: int) -> tuple[Base, NDArray[np.float32]]:
    """Fits NB-SVM, and tells each training text by what was fitted without it.

    A network that learnt from answers which know the text already would find nothing left to
    learn (Wolpert 1992, stacked generalization). Texts that are equal are left out together.

    Args:
        train: The training texts.
        others: The validation split, by which words or characters are chosen; None for none.
        classes: How many there are.

    Returns:
        What tells new texts, and the logits of the training texts, `(texts, classes)`.
    """
    with one_thread():
        whole = fit_nb_svm(train, others, classes)
        folds = train.parts(FOLDS)
        logits = torch.zeros(len(folds), classes)
        for fold in range(FOLDS):
            left_out = np.flatnonzero(folds == fold)
            if not len(left_out):
                continue
            rest, asked = train.chosen(np.flatnonzero(folds != fold)), train.chosen(left_out)
            models = [fit_linear(rest, model.grams, classes) for model in whole.models]
            logits[torch.from_numpy(left_out)] = NbSvm(models).logits(asked.text, asked.bounds)
        targets = torch.from_numpy(train.targets)
        losses = [float(functional.cross_entropy(one * logits, targets)) for one in _SCALES]
        scale = float(_SCALES[int(np.argmin(losses))])
        base = Base(whole, scale, torch.zeros(0), np.unique(train.sums()))
        return base, (scale * logits).log_softmax(dim=1).numpy()
