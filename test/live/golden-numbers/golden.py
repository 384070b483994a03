"""Writes the golden numbers of each method into a folder: `python golden.py FOLDER`, or of some: `python golden.py FOLDER rates`."""

import json
import math
import sys
from pathlib import Path

import numpy as np

import asymptotic_means
import bounded_means
import proportion
import proportions
import quantiles
import rates

methods = {
    "asymptotic-means": asymptotic_means,
    "bounded-means": bounded_means,
    "proportion": proportion,
    "proportions": proportions,
    "quantiles": quantiles,
    "rates": rates,
}


def plain(value):
    """What JSON has. It has no infinite numbers, so these are words."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        raise ValueError("a golden number is not a number")
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


folder, names = Path(sys.argv[1]), sys.argv[2:] or list(methods)
with np.errstate(divide="ignore", under="ignore"):
    for name in names:
        rows = (json.dumps(plain(row), allow_nan=False) for row in methods[name].settings())
        (folder / f"{name}.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
