"""Run folders and what is read from them: logs, summaries, scores, comparisons. Torch-free."""
