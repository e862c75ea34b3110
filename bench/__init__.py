"""Speed and memory as ratios against a physical limit, measured in the same run: ``./run bench [--json]``."""
