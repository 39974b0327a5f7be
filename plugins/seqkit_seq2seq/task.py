"""The task `seq2seq`: its settings. What it does is in `_encoder`, imported when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import field_validator, model_validator

import seqkit
from seqkit.api import Advice, Arrays, Choice, Codec, Notify, Outcome, Record, Shape, Task, Tokens
from seqkit.config import Field
from seqkit.tokenizer_names import TokenizerIn
from seqkit_seq2seq._columns import USUAL_COLUMNS


class Seq2SeqPrediction(seqkit.Config):
    """What `seqkit predict` may be told about decoding."""

    beam: int = Field(
        1, ge=1, le=100, help="Hypotheses followed at once; 1 takes the best token each time."
    )
    n_best: int = Field(1, ge=1, help="Hypotheses shown of each input, at most as many as beam.")
    length_penalty: float = Field(
        1.0,
        ge=0,
        le=5,
        help="Exponent of the length that scores are divided by; 0 prefers short outputs.",
    )
    maximum_length: int = Field(
        0,
        ge=0,
        le=100_000,
        help="Most tokens of an output; 0: twice those of its source, and as many more as the "
        "training pairs ever needed.",
    )
    attention: bool = Field(
        False, help="Whether to show which source tokens each token of the output attended to."
    )
    copy_unknown: bool = Field(
        False,
        help="Whether an unknown token of the output becomes the source token that it attended to "
        "most.",
    )

    @model_validator(mode="after")
    def _within_the_beam(self) -> Seq2SeqPrediction:
        if self.n_best > self.beam:
            raise ValueError(f"n_best ({self.n_best}) must not be above beam ({self.beam})")
        return self


class Seq2SeqTask(Task):
    """Write one sequence of tokens after reading another: translate, for one."""

    name = "seq2seq"
    inputs = ("tokens",)
    outputs = "tokens"
    loss = "cross-entropy"
    metrics = ("bleu", "token-accuracy", "perplexity")
    fields = {"source": "the text to read", "target": "the text to write"}  # noqa: RUF012 - as the contract has it
    extras = {  # noqa: RUF012
        "begin": "id of the token that every target begins with",
        "end": "id of the token that ends a target",
        "joint": "whether source and target share one vocabulary",
    }
    usual_columns = USUAL_COLUMNS
    own_data_recipe = "tatoeba-seq2seq"
    further_settings = ("minimum_count", "maximum_size", "bpe_size", "maximum_length")
    sample_shapes = (
        Shape("seq2seq", Tokens(23), Tokens(17), {"begin": 2, "end": 3, "joint": False}),
        Shape("seq2seq", Tokens(23), Tokens(23), {"begin": 2, "end": 3, "joint": True}),
    )
    PredictOptions = Seq2SeqPrediction
    examples = ("your own text",)
    purpose = "write from new texts"
    hint = "Type a text; what it becomes follows as you type."
    live = True
    try_options = {"attention": True}  # noqa: RUF012 - as the contract has it

    class Config(seqkit.Config):
        tokenizer: Annotated[
            str, TokenizerIn("bpe", "basic-english", "whitespace", "characters")
        ] = Field(
            "bpe",
            help="What cuts texts into tokens: bpe learns pieces of words from the training texts, "
            "basic-english lowercases and sets off punctuation, and PLUGIN:NAME is a plugin's.",
        )
        joint: bool = Field(
            True, help="Whether source and target share one vocabulary; false gives each its own."
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
            help="Most entries of a vocabulary, with 4 specials; 0: no limit; not bpe.",
        )
        bpe_size: int = Field(
            8000, ge=256, le=10**6, help="Most tokens that bpe learns for a vocabulary."
        )
        maximum_length: int = Field(
            100,
            ge=0,
            le=10**9,
            help="Most tokens of a source or target: longer training pairs are left out, and "
            "longer inputs of predict are cut; 0: no limit.",
        )

        @field_validator("maximum_size")
        @classmethod
        def _room_for_words(cls, value: int) -> int:
            if 0 < value < 5:
                raise ValueError("it must be 0 or at least 5, as the special tokens take four")
            return value

    def choose(self, splits: Mapping[str, Sequence[Record]], cores: int) -> Sequence[Choice]:
        from seqkit_seq2seq._choosing import choose

        return choose(splits, cores)

    def encode(
        self, config: Any, splits: Mapping[str, Iterable[Record]], notify: Notify
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_seq2seq._codec import fit

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
        from seqkit_seq2seq._codec import fit

        return fit(splits, notify, **_fitting(config), before=codec)

    def load(self, folder: Path) -> Codec:
        from seqkit_seq2seq._codec import Seq2SeqCodec

        return Seq2SeqCodec.load(folder)

    def advice(self, outcome: Outcome) -> Sequence[Advice]:
        from seqkit_seq2seq._advice import advice

        return [*advice(outcome)]


def _fitting(config: Any) -> dict[str, Any]:
    """Returns what a codec is fitted by."""
    return {
        "tokenizer": config.tokenizer,
        "joint": config.joint,
        "lowercase": config.lowercase,
        "minimum_count": config.minimum_count,
        "maximum_size": config.maximum_size or None,
        "bpe_size": config.bpe_size,
        "maximum_length": config.maximum_length or None,
    }
