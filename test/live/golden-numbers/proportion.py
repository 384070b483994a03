"""One proportion and a constant: likelihood ratios of other proportions, in equal parts."""

import numpy as np
from scipy.stats import bernoulli

from mixtures import log_mean, raised
from packages import boundaries, log_likelihood_by_bets

odds = (1.02, 1.06, 1.2, 1.5, 2.5, 5, 20)


def others_above(bound, excess):
    others = [bound + times * excess for times in (0.02, 0.06, 0.2, 0.5, 0.8, 1.2, 2)]
    return possible(others + [raised(bound, ratio) for ratio in odds])


def others_below(bound, basis):
    known = [] if basis is None else [share for share in (basis / 2, basis) if share < bound]
    return possible(known + [raised(bound, 1 / ratio) for ratio in odds])


def possible(shares):
    return [share for share in shares if 0 < share < 1]


def evidence(samples, bound, others):
    null = bernoulli.logpmf(samples, bound)
    return log_mean([(bernoulli.logpmf(samples, other) - null).sum() for other in others])


def by_package(samples, bound, others):
    return log_mean([log_likelihood_by_bets(samples, bound, other) for other in others])


def settings():
    rng = np.random.default_rng(1302)
    aim = {"margin": 0.02, "detect": 0.04, "basis": 0.01}
    table = [
        ("few samples", 0.1, 25, aim),
        ("a candidate that is worse", 0.05, 900, aim),
        ("a candidate within the bound", 0.01, 4000, aim),
        ("100,000 samples", 0.025, 100_000, aim),
        ("no basis", 0.4, 500, {"margin": 0.5, "detect": 0.6}),
        ("none bad", 0, 600, aim),
        ("all bad", 1, 200, aim),
    ]
    for name, truth, size, aim in table:
        samples = (rng.random(size) < truth).astype(int)
        bounds = sorted({0.001, 0.02, 0.05, 0.5, 0.97, aim["margin"]})
        above = {bound: others_above(bound, aim["detect"] - aim["margin"]) for bound in bounds}
        below = {bound: others_below(bound, aim.get("basis")) for bound in bounds}
        # One bad sample refutes that there are none, one good sample that there are only bad ones.
        bad, total = int(samples.sum()), len(samples)
        yield {
            "name": name,
            "candidate": {"bad": bad, "total": total},
            "aim": aim,
            "above": [
                [0, np.inf if bad > 0 else -np.inf],
                *([bound, evidence(samples, bound, above[bound])] for bound in bounds),
                [1, -np.inf],
            ],
            "below": [
                [0, -np.inf],
                *([bound, evidence(samples, bound, below[bound])] for bound in bounds),
                [1, np.inf if bad < total else -np.inf],
            ],
            "confseq": {
                "above": [[bound, by_package(samples, bound, above[bound])] for bound in bounds],
                "below": [[bound, by_package(samples, bound, below[bound])] for bound in bounds],
                "truth": truth,
                "interval": boundaries.bernoulli_confidence_interval(bad, total, 0.05, total, 0.05),
            },
        }
