"""Training, evaluation and prediction; the part of seqkit that imports torch."""
