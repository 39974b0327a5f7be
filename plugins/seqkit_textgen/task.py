"""The task `language-modeling`: its settings. What it does is imported when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import field_validator

import seqkit
from seqkit.api import Advice, Arrays, Choice, Codec, Notify, Outcome, Record, Task
from seqkit.config import Field
from seqkit.tokenizer_names import TokenizerIn


class LanguageModeling(Task):
    """Predict each next character, word or piece of a text, and write on from a prompt.

    The texts of a split are one stream. In training `trainer.batch_size` parts of it are read side
    by side, window after window, and the model's state is carried from one to the next. Validation
    and test read their whole stream once in one row, the state carried all the way; the same text
    in blocks of 256 tokens, each begun without a state, is the split `validation-blocks` or
    `test-blocks` of `seqkit evaluate`.
    """

    name = "language-modeling"
    inputs = ("tokens",)
    outputs = "next-tokens"
    loss = "cross-entropy"
    metrics = ("perplexity", "bits-per-character", "token-accuracy")
    fields = {"text": "a text to learn from, or the prompt to go on from"}  # noqa: RUF012 - as the contract has it
    extras = {"characters": "how many characters each token spells, by its id"}  # noqa: RUF012
    examples = ("Once upon a time",)
    purpose = "write on from a beginning"
    hint = "Type the beginning of a text, then press ctrl+r to have it continued; escape ends it."
    own_data_recipe = "shakespeare-lstm"
    further_settings = ("window", "minimum_count", "maximum_size", "bpe_size", "separator")

    class Config(seqkit.Config):
        tokens: Annotated[str, TokenizerIn("characters", "words", "bpe")] = Field(
            "characters",
            help="What is predicted: characters, words with the space before them, bpe, pieces "
            "of words learnt from the training text, or PLUGIN:NAME, the tokens of a plugin's "
            "tokenizer, which are written as it puts them together.",
        )
        lowercase: bool = Field(False, help="Lowercase the text before anything else.")
        window: int = Field(
            128,
            ge=1,
            le=10**6,
            help="Tokens that a training step reads of each stream, and the farthest that a "
            "gradient reaches back (truncated backpropagation through time).",
        )
        minimum_count: int = Field(
            0,
            ge=0,
            le=10**9,
            help="How often a token must occur in the training text to be known; 0: once for "
            "characters, twice for other tokens; not bpe.",
        )
        maximum_size: int = Field(
            10_000,
            ge=0,
            le=10**9,
            help="Most entries of the vocabulary, padding and unknown included; 0: no limit; "
            "not bpe.",
        )
        bpe_size: int = Field(2000, ge=256, le=10**6, help="Most tokens that bpe learns.")
        separator: str = Field(
            "\n\n", help="What is put between the texts of a split that has several."
        )

        @field_validator("maximum_size")
        @classmethod
        def _room_for_tokens(cls, value: int) -> int:
            if value in (1, 2):
                raise ValueError("it must be 0 or at least 3, as padding and unknown take two")
            return value

    class PredictOptions(seqkit.Config):
        length: int = Field(200, ge=1, le=10**6, help="Most tokens that are written.")
        temperature: float = Field(
            0.8,
            ge=0,
            help="What the logits are divided by: below 1 safer, above 1 wilder; 0: always the "
            "likeliest token.",
        )
        top_k: int = Field(
            0, ge=0, le=10**9, help="Draw from this many likeliest tokens; 0: from all."
        )
        top_p: float = Field(
            1.0,
            gt=0,
            le=1,
            help="Draw from the fewest likeliest tokens that have this probability together.",
        )
        repetition_penalty: float = Field(
            1.0,
            ge=1,
            le=1000,
            help="How much tokens that have occurred lose of their logits; 1: nothing.",
        )
        stop: str = Field("", help="End before this string, as soon as it is written.")
        seed: int = Field(0, ge=0, lt=2**32, help="The same seed writes the same text.")
        samples: int = Field(1, ge=1, le=1000, help="Texts for each prompt.")

    def choose(self, splits: Mapping[str, Sequence[Record]], cores: int) -> Sequence[Choice]:
        from seqkit_textgen._choosing import choose

        return choose(splits, cores)

    def encode(
        self, config: Any, splits: Mapping[str, Iterable[Record]], notify: Notify
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_textgen._codec import fit

        return fit(splits, **_fitting(config))

    def encode_further(
        self,
        config: Any,
        codec: Any,
        splits: Mapping[str, Iterable[Record]],
        notify: Notify,
        *,
        refit: bool = False,
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_textgen._codec import fit

        return fit(splits, **_fitting(config), before=codec)

    def load(self, folder: Path) -> Codec:
        from seqkit_textgen._codec import LanguageModelingCodec

        return LanguageModelingCodec.load(folder)

    def advice(self, outcome: Outcome) -> Sequence[Advice]:
        from seqkit_textgen._advice import advice

        return [*advice(outcome)]


def _fitting(config: Any) -> dict[str, Any]:
    """Returns what a codec is fitted by."""
    from seqkit_textgen._reading import Reading

    reading = Reading(
        tokens=config.tokens,
        lowercase=config.lowercase,
        separator=config.separator,
        window=config.window,
    )
    return {
        "reading": reading,
        "minimum_count": config.minimum_count
        or (1 if config.tokens in ("characters", "bpe") else 2),
        "maximum_size": config.maximum_size or None,
        "bpe_size": config.bpe_size,
    }
