"""The `seqkit` command: thin subcommands over the registry, the run folders and the engine."""
