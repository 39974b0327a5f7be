"""The bundled dataset: a million characters of Shakespeare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.data import fingerprint, read_text
from seqkit.paths import bundled
from seqkit_textgen.datasets.contiguous import (
    cut_contiguous,
    held_out_test_field,
    require_a_rest,
    validation_field,
)


class Shakespeare(Dataset):
    """A million characters of Shakespeare's plays ("tiny Shakespeare", Karpathy 2015), bundled.

    The first 90% are trained on and the last 10% are for validation, as in char-rnn and nanoGPT.
    """

    name = "shakespeare"
    tasks = ("language-modeling",)

    class Config(seqkit.Config):
        validation: float = validation_field()
        test: float = held_out_test_field()

        @model_validator(mode="after")
        def _some_text_is_left(self) -> Self:
            require_a_rest(self.validation, self.test)
            return self

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return cut_contiguous([read_text(_path(), notify)], config.validation, config.test)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [_path()])

    def location(self, config: Any) -> Path | None:
        return _path()


def _path() -> Path:
    return bundled("shakespeare/tinyshakespeare.txt")
