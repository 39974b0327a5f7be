"""The torch toolbox: parts that built-in and third-party networks are built from."""

from seqkit.nn.attention import Attention
from seqkit.nn.decoding import Decoding, DecodingStep, Hypothesis, decode, select_rows
from seqkit.nn.dropout import EmbeddingDropout, LockedDropout, WordDropout
from seqkit.nn.embedding import load_vectors_
from seqkit.nn.mask import reverse_valid, valid_mask
from seqkit.nn.pooling import AttentionPooling, Pooling, max_pool, mean_pool, pooled_size
from seqkit.nn.recurrent import RecurrentOutput, RecurrentStack, initialize_recurrent_

__all__ = [
    "Attention",
    "AttentionPooling",
    "Decoding",
    "DecodingStep",
    "EmbeddingDropout",
    "Hypothesis",
    "LockedDropout",
    "Pooling",
    "RecurrentOutput",
    "RecurrentStack",
    "WordDropout",
    "decode",
    "initialize_recurrent_",
    "load_vectors_",
    "max_pool",
    "mean_pool",
    "pooled_size",
    "reverse_valid",
    "select_rows",
    "valid_mask",
]
