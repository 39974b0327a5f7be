"""Everything that starts a `python -m seqkit`, or answers one."""
