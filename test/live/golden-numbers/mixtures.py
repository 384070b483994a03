"""Which alternatives a gate's evidence is a mean over, and with which weights, as docs and code of the gates define them."""

import numpy as np
from scipy.special import expit, logit, logsumexp


def log_mean(logarithms, weights=None):
    """Logarithm of the weighted mean of numbers that are given by their logarithms."""
    logarithms = np.asarray(logarithms, dtype=float)
    if len(logarithms) == 0:
        return -np.inf
    weights = np.ones(len(logarithms)) if weights is None else np.asarray(weights, dtype=float)
    return float(logsumexp(logarithms, b=weights / weights.sum()))


def raised(share, ratio):
    """The share with so many times the odds."""
    return expit(logit(share) + np.log(ratio))


def around(others, wanted, basis, possible):
    """(lower, excess, weight) of each pair: near the basis, near it with small excesses, and others."""
    groups = [(others, 1.0)]
    if basis is not None:
        lows = [possible(basis / 2), possible(basis)]
        near = [(low, wanted * times) for low in lows for times in (0.5, 0.8, 1.2, 2)]
        small = [(low, wanted * times) for low in lows for times in (0.02, 0.06, 0.2)]
        groups = [(near, 0.84), (small, 0.06), (others, 0.1)]
    return [(low, excess, part / len(group)) for group, part in groups for low, excess in group]


def pairs_of_shares(wanted, basis):
    others = []
    for low in (0.001, 0.01, 0.06, 0.3, 0.7):
        others += [(low, raised(low, ratio) - low) for ratio in (1.5, 3)]
        others += [(low, wanted * times) for times in (0.02, 0.06, 0.2, 1)]
    return around(others, wanted, basis, lambda share: np.clip(share, 1e-5, 0.999))


def pairs_of_rates(wanted, basis):
    others = []
    for low in wanted * np.array([0.1, 1, 10, 100]):
        others += [(low, low * ratio - low) for ratio in (1.1, 1.5, 3)]
        others += [(low, wanted * times) for times in (0.05, 0.2, 1)]
    return around(others, wanted, basis, lambda rate: max(rate, wanted / 100))


def wanted_of(aim):
    """What is to be seen beyond the margin, and what a candidate within it is away from it."""
    beyond = aim["detect"] - aim["margin"]
    return beyond, aim["margin"] if aim["margin"] > 0 else beyond
