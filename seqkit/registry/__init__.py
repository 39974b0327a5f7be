"""Plugins: found, loaded, looked up by name, fitted to tasks, shown events. Torch-free."""
