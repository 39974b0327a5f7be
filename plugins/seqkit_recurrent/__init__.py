"""The built-in plugin `recurrent`: rnn, lstm, gru and bilstm, of any depth."""

from __future__ import annotations

import seqkit
from seqkit_recurrent.models import BiLstm, Gru, Lstm, Rnn


@seqkit.hookimpl
def register_models() -> list[type[seqkit.Model]]:
    return [Rnn, Lstm, Gru, BiLstm]
