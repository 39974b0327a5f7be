"""`seqkit tui`: a front end of the commands and run folders, in the terminal.

Nothing here imports torch, the engine or a plugin. Components come from `seqkit list --json`,
checks from a helper process, and training is a child process that outlives this one.
"""
