"""Experiments: read, checked, saved; written for one's own data; repeated as a sweep."""
