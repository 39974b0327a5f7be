"""What a person reads in a terminal: one writer, answers of tasks, plots, reports of runs."""
