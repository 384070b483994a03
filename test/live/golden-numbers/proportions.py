"""Two proportions: likelihood ratios of pairs to the nearest pair that the claim allows, found by scipy."""

import numpy as np
from scipy.optimize import bisect, minimize_scalar
from scipy.special import rel_entr
from scipy.stats import bernoulli

from mixtures import log_mean, pairs_of_shares, wanted_of
from packages import boundaries, log_ripr


def divergence(high, low, margin, share):
    def kl(one, other):
        return rel_entr(one, other) + rel_entr(1 - one, 1 - other)

    return lambda x: share * kl(high, x + margin) + (1 - share) * kl(low, x)


def nearest(high, low, margin, share):
    """The allowed pair (x + margin, x) of the least divergence. Its slope is 0 there; a plain minimum is known to half the digits only."""

    def slope(upper, lower):
        with np.errstate(divide="ignore"):
            one, other = np.float64(upper), np.float64(lower)
            return share * ((1 - high) / (1 - one) - high / one) + (1 - share) * ((1 - low) / (1 - other) - low / other)

    # The smaller share of the pair is sought, so that it keeps its digits near 0.
    pair = (lambda it: (it + margin, it)) if margin >= 0 else (lambda it: (it, it - margin))
    found = pair(bisect(lambda it: slope(*pair(it)), 0, 1 - abs(margin), xtol=1e-300, rtol=1e-15, maxiter=2000))
    of = divergence(high, low, margin, share)
    plain = minimize_scalar(of, bounds=(max(0, -margin), min(1, 1 - margin)), method="bounded", options={"xatol": 1e-12})
    assert of(found[1]) <= plain.fun + 1e-13, (high, low, margin, share)
    return found


def evidence(upper, lower, share, margin, pairs):
    """Over the single samples of both sides, which are 1 if bad."""
    if margin >= 1:
        return -np.inf
    possible = [(low + margin + excess, low, weight) for low, excess, weight in pairs if 1e-9 < low + margin + excess < 1 - 1e-9]
    if len(possible) == 0:
        return -np.inf
    highs, lows, weights = np.array(possible).T
    allowed_highs, allowed_lows = np.array([nearest(high, low, margin, share) for high, low, _ in possible]).T
    of_upper = bernoulli.logpmf(upper, highs[:, None]) - bernoulli.logpmf(upper, allowed_highs[:, None])
    of_lower = bernoulli.logpmf(lower, lows[:, None]) - bernoulli.logpmf(lower, allowed_lows[:, None])
    return log_mean(of_upper.sum(axis=1) + of_lower.sum(axis=1), weights)


def by_package(upper, lower, pairs):
    """The same for a margin of 0, by expectation. It divides as the samples are divided."""
    counts = [(int(side.sum()), len(side)) for side in (upper, lower)]
    possible = [pair for pair in pairs if pair[0] + pair[1] < 1 - 1e-9]
    logarithms = [log_ripr(*counts, low + excess, low) for low, excess, _ in possible]
    return log_mean(logarithms, [weight for *_, weight in possible])


def drawn(rng, share, size):
    return (rng.random(size) < share).astype(int)


def compared_with(bad, total, alpha):
    return boundaries.bernoulli_confidence_interval(bad, total, alpha, total, alpha)


def settings():
    rng = np.random.default_rng(1301)
    aim = {"margin": 0.01, "detect": 0.02, "basis": 0.01}
    table = [
        ("few samples", drawn(rng, 0.1, 30), drawn(rng, 0.05, 40), 0.4, {**aim, "basis": 0.05}, None),
        ("a candidate that is worse", drawn(rng, 0.04, 1500), drawn(rng, 0.01, 1500), 0.5, aim, (0.04, 0.01)),
        ("an equal candidate", drawn(rng, 0.05, 1200), drawn(rng, 0.05, 10800), 0.1, {**aim, "basis": 0.05}, (0.05, 0.05)),
        ("100,000 samples", drawn(rng, 0.021, 25000), drawn(rng, 0.01, 75000), 0.25, aim, (0.021, 0.01)),
        ("no basis", drawn(rng, 0.3, 400), drawn(rng, 0.2, 400), 0.5, {"margin": 0.02, "detect": 0.1}, (0.3, 0.2)),
        ("none bad", drawn(rng, 0, 500), drawn(rng, 0, 700), 0.5, aim, None),
        ("all bad", drawn(rng, 1, 300), drawn(rng, 1, 300), 0.5, {**aim, "basis": 1.0}, None),
        ("only the candidate bad", drawn(rng, 1, 60), drawn(rng, 0, 60), 0.5, aim, None),
        ("margin 0", drawn(rng, 0.03, 2000), drawn(rng, 0.01, 2000), 0.5, {"margin": 0, "detect": 0.01, "basis": 0.01}, (0.03, 0.01)),
        ("a margin below 0", drawn(rng, 0.04, 900), drawn(rng, 0.06, 2100), 0.3, {"margin": -0.01, "detect": 0.02, "basis": 0.06}, (0.04, 0.06)),
    ]
    for name, candidate, stable, share, aim, truth in table:
        beyond, within = wanted_of(aim)
        worse, better = pairs_of_shares(beyond, aim.get("basis")), pairs_of_shares(within, aim.get("basis"))
        margins = sorted({-0.3, -0.02, 0, 0.01, 0.1, 0.9, aim["margin"]} if len(candidate) < 1e4 else {0, 0.01, 0.1})
        counts = [{"bad": int(side.sum()), "total": len(side)} for side in (candidate, stable)]
        row = {
            "name": name,
            "candidate": counts[0],
            "stable": counts[1],
            "share": share,
            "aim": aim,
            "above": [[m, evidence(candidate, stable, share, m, worse)] for m in margins],
            "below": [[m, evidence(stable, candidate, 1 - share, -m, better)] for m in margins],
        }
        # The package takes the samples' own division for the split.
        if len(candidate) == share * (len(candidate) + len(stable)):
            row["expectation"] = {
                "above": by_package(candidate, stable, worse),
                "below": by_package(stable, candidate, better),
            }
        if truth is not None:
            (low, high), (least, most) = (compared_with(side["bad"], side["total"], 0.025) for side in counts)
            row["confseq"] = {"truth": truth[0] - truth[1], "interval": [low - most, high - least]}
        yield row
