"""Studies: questions whose models are trained in a way of their own, each answered by one module."""
