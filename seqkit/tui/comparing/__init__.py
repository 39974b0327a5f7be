"""The Compare screen: runs laid over each other."""
