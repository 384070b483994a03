"""Evidence of two arms whose border, a mean or a quantile, is not known: the lowest over all borders."""

import numpy as np


def log_sum(logarithms):
    highest = logarithms.max(axis=0)
    return highest + np.log(np.exp(logarithms - highest).sum(axis=0))


def paired(weights, upper, lower):
    """Seven tenths on bets of the same rank, the rest on all pairs of bets. Bets are rows, places are columns."""
    shares = np.log(weights)[:, None]
    same = log_sum(shares + upper + lower)
    every = log_sum(shares + upper) + log_sum(shares + lower)
    return np.logaddexp(np.log(0.7) + same, np.log(0.3) + every)


def lowest(of, ends):
    """The lowest number between each two ends, by finer and finer grids around its lowest place. `of` takes many places at once."""
    left, right = np.asarray(ends[:-1])[:, None], np.asarray(ends[1:])[:, None]
    steps, found = np.linspace(0, 1, 15), np.inf
    for _ in range(13):
        grid = left + (right - left) * steps
        values = of(grid.ravel()).reshape(grid.shape)
        found = min(found, values.min())
        best = values.argmin(axis=1)[:, None]
        left = np.take_along_axis(grid, np.maximum(best - 1, 0), axis=1)
        right = np.take_along_axis(grid, np.minimum(best + 1, 14), axis=1)
    return float(found)


def part_of(share):
    return min(0.99, max(0.01, share))
