"""Answers of tasks, as lines of text and as files."""
