"""The data toolbox: readers of people's files, safe archives, downloads, splits, ragged arrays."""
