"""seqkit from Python, made for scripts and notebooks: what the commands do, as functions."""
