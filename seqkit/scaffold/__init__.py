"""New plugins from templates: one folder of them for each kind, and one that all share."""
