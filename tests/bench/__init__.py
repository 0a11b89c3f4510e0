"""The benchmark: what requests cost, as ratios against named baselines of the same run."""
