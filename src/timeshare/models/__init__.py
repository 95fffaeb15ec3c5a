"""Text classifiers made of the layers: their settings, their encoders, how they are built and kept as files."""
