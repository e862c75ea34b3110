"""Reads a written file back as columns of text."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read(path: Path) -> dict[str, NDArray[np.str_]]:
    with path.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    return {name: np.array(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)}
