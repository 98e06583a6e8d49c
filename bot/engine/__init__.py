"""ACTS: the imperative shell that carries stimuli to `decide` and its answer out. It decides nothing and knows no channel by name."""
