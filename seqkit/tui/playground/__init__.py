"""The Try screen: a trained model at one's fingertips."""
