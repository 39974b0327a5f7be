"""Files that may come from anyone: opened safely, sealed, locked, read in bounded time."""
