"""The torch toolbox: parts that built-in and third-party networks are built from."""

from seqkit.nn.dropout import EmbeddingDropout, LockedDropout, WordDropout
from seqkit.nn.mask import reverse_valid, valid_mask
from seqkit.nn.pooling import AttentionPooling, Pooling, max_pool, mean_pool, pooled_size
from seqkit.nn.recurrent import RecurrentOutput, RecurrentStack, initialise_recurrent_

__all__ = [
    "AttentionPooling",
    "EmbeddingDropout",
    "LockedDropout",
    "Pooling",
    "RecurrentOutput",
    "RecurrentStack",
    "WordDropout",
    "initialise_recurrent_",
    "max_pool",
    "mean_pool",
    "pooled_size",
    "reverse_valid",
    "valid_mask",
]
