"""Stand-ins in Python for what torchtext 0.18.0 has in its compiled library.

They have the names, arguments and errors of torchtext's own classes, so that its Python code cannot
tell the difference. TorchScript is the exception: it compiles no Python class, so that
`torch.jit.script` of a vocabulary or a transform fails. SentencePiece needs the package
sentencepiece, and says so when it is made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqkit_torchtext._subwords import BERTEncoder, CLIPEncoder, GPT2BPEEncoder

__all__ = [
    "BERTEncoder",
    "CLIPEncoder",
    "GPT2BPEEncoder",
    "RegexTokenizer",
    "SentencePiece",
    "Vectors",
    "Vocab",
    "generate_sp_model",
    "load_sp_model",
]


class Vocab:
    """Tokens and their indices.

    Args:
        tokens: The tokens, each once, in the order of their indices.
        default_index: The index of tokens that are not there; None makes them an error.

    Raises:
        RuntimeError: A token occurs twice.
    """

    def __init__(self, tokens: Iterable[str], default_index: int | None = None) -> None:
        self.itos_: list[str] = list(tokens)
        self.default_index_ = default_index
        self._stoi: dict[str, int] = {}
        for index, token in enumerate(self.itos_):
            if self._stoi.setdefault(_text(token), index) != index:
                raise RuntimeError(f"Duplicate token found in tokens list: {token}")

    def __len__(self) -> int:
        return len(self.itos_)

    def __contains__(self, token: str) -> bool:
        return _text(token) in self._stoi

    def __getitem__(self, token: str) -> int:
        index = self._stoi.get(_text(token), self.default_index_)
        if index is None:
            raise RuntimeError(f"Token {token} not found and default index is not set")
        return index

    def set_default_index(self, index: int | None) -> None:
        self.default_index_ = index

    def get_default_index(self) -> int | None:
        return self.default_index_

    def append_token(self, token: str) -> None:
        if token in self:
            raise RuntimeError(
                f"Token {token} already exists in the Vocab with index: {self._stoi[token]}"
            )
        self._stoi[token] = len(self.itos_)
        self.itos_.append(token)

    def insert_token(self, token: str, index: int) -> None:
        if not 0 <= index <= len(self):
            raise self._out_of_bounds(index)
        if token in self:
            raise RuntimeError(
                f"Token {token} already exists in the Vocab with index: {self._stoi[token]}"
            )
        self.itos_.insert(index, token)
        self._stoi = {known: number for number, known in enumerate(self.itos_)}

    def lookup_token(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise self._out_of_bounds(index)
        return self.itos_[index]

    def lookup_tokens(self, indices: Sequence[int]) -> list[str]:
        return [self.lookup_token(index) for index in indices]

    def lookup_indices(self, tokens: list[str]) -> list[int]:
        if not isinstance(tokens, list):
            raise TypeError(f"lookup_indices takes a list of tokens, not {type(tokens).__name__}")
        return [self[token] for token in tokens]

    def get_stoi(self) -> dict[str, int]:
        return dict(self._stoi)

    def get_itos(self) -> list[str]:
        return list(self.itos_)

    def _out_of_bounds(self, index: int) -> RuntimeError:
        return RuntimeError(
            f"Specified index {index} is out of bounds for vocab of size {len(self)}"
        )


class Vectors:
    """Vectors of tokens, and one for all other tokens.

    Args:
        tokens: The tokens, each once.
        indices: The row of each token.
        vectors: ``(rows, size)``.
        unk_tensor: The vector of other tokens, ``(size,)``.

    Raises:
        RuntimeError: A token occurs twice, or there are not as many indices as tokens.
    """

    def __init__(
        self, tokens: Sequence[str], indices: Sequence[int], vectors: Tensor, unk_tensor: Tensor
    ) -> None:
        if len(tokens) != len(indices):
            raise RuntimeError(
                "Mismatching sizes for tokens and indices. "
                f"Size of tokens: {len(tokens)}, size of indices: {len(indices)}."
            )
        self._stoi = dict(zip(tokens, indices, strict=True))
        if len(self._stoi) != len(tokens):
            token = Counter(tokens).most_common(1)[0][0]
            raise RuntimeError(f"Duplicate token found in tokens list: {token}")
        self.vectors_ = vectors
        self.unk_tensor_ = unk_tensor

    def __len__(self) -> int:
        return len(self._stoi)

    def __getitem__(self, token: str) -> Tensor:
        index = self._stoi.get(_text(token))
        return self.unk_tensor_ if index is None else self.vectors_[index]

    def __setitem__(self, token: str, vector: Tensor) -> None:
        index = self._stoi.get(_text(token))
        if index is None:
            self._stoi[token] = len(self.vectors_)
            self.vectors_ = torch.cat([self.vectors_, vector.unsqueeze(0)])
        else:
            self.vectors_[index] = vector

    def lookup_vectors(self, tokens: Sequence[str]) -> Tensor:
        return torch.stack([self[token] for token in tokens])

    def get_stoi(self) -> dict[str, int]:
        return dict(self._stoi)


class RegexTokenizer:
    """Replaces patterns one after another and splits at spaces.

    Args:
        patterns: Regular expressions, in what RE2 and Python's `re` have in common.
        replacements: What takes the place of each.
        to_lower: Whether ASCII letters are lowercased first.
    """

    def __init__(
        self, patterns: Sequence[str], replacements: Sequence[str], to_lower: bool = False
    ) -> None:
        if len(patterns) != len(replacements):
            raise RuntimeError("Expected `patterns` and `replacements` to have same size!")
        self.patterns_ = list(patterns)
        self.replacements_ = list(replacements)
        self.to_lower_ = to_lower
        self._compiled = [re.compile(pattern) for pattern in patterns]

    def forward(self, line: str) -> list[str]:
        if self.to_lower_:
            # Byte by byte, as in the library: letters beyond ASCII stay what they are.
            line = line.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
        for pattern, replacement in zip(self._compiled, self.replacements_, strict=True):
            line = pattern.sub(replacement, line)
        return [token for token in line.split(" ") if token]


class SentencePiece:
    """A SentencePiece model, read by the package sentencepiece.

    Args:
        content: The bytes of the model's file.

    Raises:
        RuntimeError: The package sentencepiece is not installed.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._model = _sentencepiece().SentencePieceProcessor(model_proto=content)

    def __getattr__(self, name: str) -> Any:
        # The package names its methods as torchtext does: EncodeAsIds, DecodePieces, unk_id, ...
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._model, name)

    def __reduce__(self) -> tuple[type[SentencePiece], tuple[bytes]]:
        return SentencePiece, (self._content,)

    def Encode(self, text: str) -> list[str]:  # noqa: N802 - torchtext's name
        pieces: list[str] = self._model.EncodeAsPieces(text)
        return pieces

    def _return_content(self) -> bytes:
        return self._content


def load_sp_model(path: str) -> SentencePiece:
    return SentencePiece(Path(path).read_bytes())


def generate_sp_model(filename: str, vocab_size: int, model_type: str, model_prefix: str) -> None:
    _sentencepiece().SentencePieceTrainer.train(
        input=filename, vocab_size=vocab_size, model_type=model_type, model_prefix=model_prefix
    )


def _sentencepiece() -> Any:
    try:
        import sentencepiece
    except ImportError as error:
        raise RuntimeError(
            "torchtext's own SentencePiece is part of its compiled library, which does not load, "
            "and the package sentencepiece is not installed. Run: pip install sentencepiece"
        ) from error
    return sentencepiece


# --- vocabularies and vectors from files ------------------------------------------------------


def _load_vocab_from_file(file_path: str, min_freq: int, _num_cpus: int) -> Vocab:
    """Reads one token a line; in the order of the file, those that occur often enough."""
    return Vocab(_frequent(Counter(Path(file_path).read_text("utf-8").split()), min_freq))


def _build_vocab_from_text_file(
    file_path: str, min_freq: int, _num_cpus: int, tokenizer: Callable[[str], list[str]]
) -> Vocab:
    return _build_vocab_from_text_file_using_python_tokenizer(file_path, min_freq, tokenizer)


def _build_vocab_from_text_file_using_python_tokenizer(
    file_path: str, min_freq: int, tokenizer: Callable[[str], list[str]]
) -> Vocab:
    """Counts the tokens of each line; the most frequent first, then by code points."""
    counts: Counter[str] = Counter()
    for line in _lines(file_path):
        counts.update(tokenizer(line))
    return Vocab(sorted(_frequent(counts, min_freq), key=lambda token: (-counts[token], token)))


def _frequent(counts: Mapping[str, int], minimum: int) -> list[str]:
    return [token for token, count in counts.items() if count >= minimum]


def _load_token_and_vectors_from_file(
    file_path: str, delimiter: str, _num_cpus: int, unk_tensor: Tensor | None
) -> tuple[Vectors, list[str]]:
    """Reads one token and its numbers a line, and returns the tokens that occur again besides.

    Lines before the first that has more than two numbers are taken for a header.
    """
    if len(delimiter) != 1:
        raise RuntimeError("Only string delimeters of size 1 are supported.")
    rows: dict[str, int] = {}
    repeated: list[str] = []
    values: list[list[float]] = []
    for line in _lines(file_path):
        token, _, numbers = line.partition(delimiter)
        entries = numbers.split()
        if not values and len(entries) <= 2:
            continue
        if values and len(entries) != len(values[0]):
            raise RuntimeError(
                f"Vector for token {token} has {len(entries)} dimensions, "
                f"but previously read vectors have {len(values[0])} dimensions."
            )
        if token in rows:
            repeated.append(token)
        else:
            rows[token] = len(values)
        values.append([float(entry) for entry in entries])
    vectors = torch.tensor(values, dtype=torch.float32)
    if unk_tensor is None:
        unk_tensor = torch.zeros(vectors.shape[1:], dtype=torch.float32)
    return Vectors(list(rows), list(rows.values()), vectors, unk_tensor), repeated


def _lines(path: str) -> list[str]:
    """Returns the lines of a file, of which only a line feed ends one."""
    with Path(path).open(encoding="utf-8", newline="\n") as file:
        return [line.removesuffix("\n") for line in file]


def _text(token: str) -> str:
    if not isinstance(token, str):
        raise TypeError(f"a token must be text, not {type(token).__name__}")
    return token
