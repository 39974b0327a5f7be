"""The New run screen: an experiment put together by forms, checked and tried as one types."""
