"""The Runs screen: every run of a folder, found, filtered, sorted and acted upon."""
