"""Means of values without bounds: Robbins' one-sided normal mixture, which confseq and expectation have."""

import numpy as np
from scipy.special import log_ndtr
from scipy.stats import binom

from packages import boundaries, ported

log_evidence_at_best = 4


def tuned_for(wanted):
    """The intrinsic time and the rate of errors for which confseq chooses the width of the mixture."""
    alpha = np.exp(-log_evidence_at_best) / 2
    time = 2 * log_evidence_at_best / wanted**2
    # No width is below that of one sample.
    least = 2 * log_evidence_at_best + np.log(1 + 2 * log_evidence_at_best)
    return max(time, least), alpha


def statistic(by, variance, samples, aim):
    """The sum, its intrinsic time, and what the mixture is tuned for."""
    total = samples * by / np.sqrt(variance + by**2)
    return total, samples, *tuned_for((aim["detect"] - aim["margin"]) / np.sqrt(variance))


def by_scipy(total, time, best_time, alpha):
    rho = best_time / (2 * np.log(1 / (2 * alpha)) + np.log(1 + 2 * np.log(1 / (2 * alpha))))
    whole = time + rho
    return float(np.log(4 * rho / whole) / 2 + total**2 / (2 * whole) + log_ndtr(total / np.sqrt(whole)))


def by_confseq(*statistic):
    return float(boundaries.normal_log_mixture(*statistic, True))


def by_expectation(*statistic):
    return float(ported.normal_log_mixture(*statistic, True))


def evidence(by, variance, samples, aim, method):
    if variance is None:
        return -np.inf
    if variance == 0:
        # As unlikely as to meet none of the values that one sample in a hundred has.
        return float(-binom.logpmf(0, samples, 0.01)) if by > 0 else -np.inf
    return method(*statistic(by, variance, samples, aim))


def sums(values):
    return {"count": len(values), "sum": float(np.sum(values)), "sumSquares": float(np.sum(np.square(values)))}


def settings():
    rng = np.random.default_rng(1305)
    latency = lambda mean, size: rng.lognormal(np.log(mean) - 0.18, 0.6, size)  # noqa: E731
    aim = {"margin": 20, "detect": 60, "basis": 200}
    table = [
        ("64 samples", latency(260, 64), latency(200, 64), aim),
        ("63 samples", latency(260, 63), latency(200, 640), aim),
        ("a candidate that is slower", latency(260, 700), latency(200, 1400), aim),
        ("an equal candidate", latency(200, 3000), latency(200, 3000), aim),
        ("100,000 samples", latency(203, 50_000), latency(200, 50_000), {"margin": 0, "detect": 2, "basis": 200}),
        ("a margin below 0", latency(170, 900), latency(200, 900), {"margin": -10, "detect": 20, "basis": 200}),
        ("a difference much larger than the spread", rng.normal(9, 0.1, 80), rng.normal(8, 0.1, 80), {"margin": 0.1, "detect": 5}),
        ("equal values", np.full(300, 7.0), np.full(200, 5.0), {"margin": 1, "detect": 2}),
        ("a constant", latency(260, 900), None, {"margin": 220, "detect": 260}),
        ("a constant, with 100,000 samples", latency(219, 100_000), None, {"margin": 220, "detect": 225}),
    ]
    for name, candidate, stable, aim in table:
        arms = [candidate] if stable is None else [candidate, stable]
        samples = sum(len(arm) for arm in arms)
        variance = None
        if min(len(arm) for arm in arms) >= 64:
            widest = max(np.var(arm, ddof=1) for arm in arms)
            variance = samples * sum(widest / len(arm) for arm in arms) if stable is not None else widest
        difference = np.mean(candidate) - (0 if stable is None else np.mean(stable))
        margins = [aim["margin"], aim["detect"]]
        if variance:
            # From where the claim is far too low to where it is far too high.
            margins += [difference + times * np.sqrt(variance / samples) for times in (-30, -6.5, -4, -2, -0.5, 0, 1, 3, 5, 8, 12)]
        row = {"name": name, "candidate": sums(candidate), "aim": aim}
        if stable is not None:
            row["stable"] = sums(stable)
        # Rare large values that were not met would move the mean away from 0.
        tail = 1 + 15 * min(8, variance / difference**2) / np.sqrt(samples) if stable is None else 1
        wider = variance and variance * tail
        for key, method in (("scipy", by_scipy), ("confseq", by_confseq), ("expectation", by_expectation)):
            row[key] = {
                "above": [[m, evidence(difference - m, variance, samples, aim, method)] for m in margins],
                "below": [[m, evidence(m - difference, wider, samples, aim, method)] for m in margins],
            }
        yield row
