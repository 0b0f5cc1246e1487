"""Device generalization in acoustic scene classification: the library behind the notebooks."""
