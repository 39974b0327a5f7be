"""The task `classification`: its settings. What it does is in `_encoder`, imported when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import field_validator

import seqkit
from seqkit.api import Advice, Arrays, Choice, Codec, Notify, Outcome, Record, Task
from seqkit.config import Field
from seqkit.tokenizer_names import TokenizerIn
from seqkit_classification._columns import USUAL_COLUMNS


class Classification(Task):
    """Tell which one of two or more classes a text belongs to."""

    name = "classification"
    inputs = ("tokens",)
    outputs = "classes"
    loss = "cross-entropy"
    metrics = ("accuracy", "f1", "auroc")
    fields = {"text": "the text to classify", "label": "its class: a word or a number"}  # noqa: RUF012 - as the contract has it
    examples = ("your own text",)
    purpose = "label new texts"
    hint = "Type a text; the label follows as you type, and the words that count stand out."
    live = True
    try_options = {"words": True}  # noqa: RUF012 - as the contract has it
    usual_columns = USUAL_COLUMNS
    own_data_recipe = "sentiment"
    stratum = "label"
    further_settings = (
        "minimum_count",
        "maximum_size",
        "bpe_size",
        "maximum_length",
        "truncate",
    )

    class Config(seqkit.Config):
        added = ("residual",)

        tokenizer: Annotated[
            str, TokenizerIn("basic-english", "whitespace", "characters", "bpe")
        ] = Field(
            "basic-english",
            help="What cuts texts into tokens: basic-english lowercases and sets off punctuation, "
            "bpe learns pieces of words from the training texts, and PLUGIN:NAME is a plugin's, "
            "such as torchtext:spacy.",
        )
        lowercase: bool = Field(
            False, help="Lowercase texts before anything else; basic-english does in any case."
        )
        minimum_count: int = Field(
            2,
            ge=1,
            le=10**9,
            help="How often a token must occur in the training texts to be known; not bpe.",
        )
        maximum_size: int = Field(
            30_000,
            ge=0,
            le=10**9,
            help="Most entries of the vocabulary, padding and unknown included; 0: no limit; "
            "not bpe.",
        )
        bpe_size: int = Field(8000, ge=256, le=10**6, help="Most tokens that bpe learns.")
        maximum_length: int = Field(
            400, ge=0, le=10**9, help="Most tokens of a text that are read; 0: no limit."
        )
        truncate: Literal["end", "start"] = Field(
            "end", help="Where a longer text is cut: end keeps its beginning, start its end."
        )

        residual: Literal["none", "nb-svm"] = Field(
            "none",
            help="What answers begin from: nb-svm has the network learn what logistic regression "
            "of the n-grams of words and characters leaves (Wang and Manning 2012).",
        )

        @field_validator("maximum_size")
        @classmethod
        def _room_for_words(cls, value: int) -> int:
            if value in (1, 2):
                raise ValueError("it must be 0 or at least 3, as padding and unknown take two")
            return value

    class PredictOptions(seqkit.Config):
        words: bool = Field(
            False,
            help="Tell which words count: how the probability falls when each is left out.",
        )
        threshold: str = Field(
            "", help="The probability from which one of two classes is told: 0.3, or CLASS=0.3."
        )

    def choose(self, splits: Mapping[str, Sequence[Record]], cores: int) -> Sequence[Choice]:
        from seqkit_classification._choosing import choose

        return choose(splits, cores)

    def encode(
        self, config: Any, splits: Mapping[str, Iterable[Record]], notify: Notify
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_classification._codec import fit

        return fit(splits, notify, **_fitting(config))

    def encode_further(
        self,
        config: Any,
        codec: Any,
        splits: Mapping[str, Iterable[Record]],
        notify: Notify,
        *,
        refit: bool = False,
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_classification._codec import fit

        return fit(splits, notify, **_fitting(config), before=codec, refit=refit)

    def load(self, folder: Path) -> Codec:
        from seqkit_classification._codec import ClassificationCodec

        return ClassificationCodec.load(folder)

    def advice(self, outcome: Outcome) -> Sequence[Advice]:
        from seqkit_classification._advice import advice

        return [*advice(outcome)]


def _fitting(config: Any) -> dict[str, Any]:
    """Returns what a codec is fitted by."""
    from seqkit_classification._reading import Reading

    reading = Reading(
        lowercase=config.lowercase,
        maximum_length=config.maximum_length or None,
        keep="head" if config.truncate == "end" else "tail",
    )
    return {
        "reading": reading,
        "tokenizer": config.tokenizer,
        "minimum_count": config.minimum_count,
        "maximum_size": config.maximum_size or None,
        "bpe_size": config.bpe_size,
        "residual": config.residual,
    }
