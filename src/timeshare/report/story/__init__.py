"""The first screen: what the models are, one example of the data, and the findings."""
