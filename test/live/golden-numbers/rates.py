"""Events within a time, by scipy's likelihoods of Poisson."""

import numpy as np
from scipy.integrate import quad
from scipy.optimize import bisect, minimize_scalar
from scipy.special import rel_entr
from scipy.stats import gamma, poisson

from mixtures import log_mean, pairs_of_rates, wanted_of
from packages import boundaries, log_likelihood_by_bets

factors = (1.02, 1.06, 1.2, 1.5, 3, 10)


def log_ratio(events, seconds, rate, null):
    return float(poisson.logpmf(events, rate * seconds) - poisson.logpmf(events, null * seconds))


def against_constant(side, bound, others):
    events, seconds = side
    return log_mean([log_ratio(events, seconds, rate, bound) for rate in others if rate > 0])


def check_with_package(side, bound):
    """confseq has the same ratios, in a mixture of its own: the rates above the bound, with the weights of a gamma distribution."""
    events, seconds = side
    level, time = 2 * np.log(1 / 0.1), bound * seconds
    spread = time / (level + np.log(1 + level))
    density = lambda times: gamma.pdf(times, spread, scale=1 / spread) / gamma.sf(1, spread, scale=1 / spread)  # noqa: E731
    ratio = lambda times: density(times) * np.exp(log_ratio(events, seconds, times * bound, bound))  # noqa: E731
    mixed = quad(ratio, 1, max(3, 3 * events / time) + 60 / (time + spread), limit=400, epsabs=0, epsrel=1e-10)[0]
    package = boundaries.gamma_poisson_log_mixture(events - time, time, time, 1, 0.05)
    assert np.isclose(np.log(mixed), package, rtol=1e-7, atol=1e-7), (np.log(mixed), package)


def others_above(bound, excess):
    near = [bound + times * excess for times in (0.02, 0.06, 0.2, 0.5, 0.8, 1.2, 2)]
    return near + [bound * factor for factor in factors]


def others_below(bound, basis):
    known = [] if basis is None else [rate for rate in (basis / 2, basis) if rate < bound]
    return known + [bound / factor for factor in factors]


def nearest(high, low, margin, share):
    """The allowed pair (x + margin, x) of the least divergence, weighted with the exposures."""
    of = lambda x: share * (rel_entr(high, x + margin) - high + x + margin) + (1 - share) * (rel_entr(low, x) - low + x)  # noqa: E731

    def slope(upper, lower):
        with np.errstate(divide="ignore"):
            return share * (1 - high / np.float64(upper)) + (1 - share) * (1 - low / np.float64(lower))

    pair = (lambda it: (it + margin, it)) if margin >= 0 else (lambda it: (it, it - margin))
    most = high + low + abs(margin)
    found = pair(bisect(lambda it: slope(*pair(it)), 0, most, xtol=1e-300, rtol=1e-15, maxiter=2000))
    bounds = (max(0, -margin), most + abs(margin))
    plain = minimize_scalar(of, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    assert of(found[1]) <= plain.fun + 1e-12 * most, (high, low, margin, share)
    return found


def evidence(upper, lower, margin, pairs):
    share = upper[1] / (upper[1] + lower[1])
    logarithms = []
    for low, excess, _ in pairs:
        high = max(low + margin + excess, excess / 2)
        allowed_high, allowed_low = nearest(high, low, margin, share)
        logarithms.append(log_ratio(*upper, high, allowed_high) + log_ratio(*lower, low, allowed_low))
    return log_mean(logarithms, [weight for *_, weight in pairs])


def by_package(rng, upper, lower, pairs):
    """
    The same for a margin of 0. Given that something happened, it happened on the upper side with the share of the exposures,
    or with that of the alternative: one bet of confseq for each event.
    """
    share = upper[1] / (upper[1] + lower[1])
    sides = rng.permutation(np.repeat([1, 0], [upper[0], lower[0]]))
    logarithms = []
    for low, excess, _ in pairs:
        high = low + excess
        other = share * high / (share * high + (1 - share) * low)
        logarithms.append(log_likelihood_by_bets(sides, share, other))
    return log_mean(logarithms, [weight for *_, weight in pairs])


def lowest_rate(side, alpha):
    """The lower end of confseq's gamma-Poisson mixture, of the excess of events over the rate."""
    events, seconds = side
    refuted = lambda rate: boundaries.gamma_poisson_log_mixture(events - rate * seconds, rate * seconds, events, 1, alpha) + np.log(alpha)  # noqa: E731
    return bisect(refuted, 1e-9 * events / seconds, events / seconds)


def settings_of_one():
    rng = np.random.default_rng(1303)
    aim = {"margin": 0.1, "detect": 0.2, "basis": 0.05}
    table = [
        ("few events", 0.2, 40, aim),
        ("a candidate that is worse", 0.16, 900, aim),
        ("a candidate within the bound", 0.05, 1200, aim),
        ("100,000 events", 100, 1000, {"margin": 99, "detect": 103, "basis": 100}),
        ("no basis", 2, 300, {"margin": 1, "detect": 3}),
        ("no events", 0, 500, aim),
    ]
    for name, truth, seconds, aim in table:
        events = int(rng.poisson(truth * seconds))
        side, margin, basis = (events, seconds), aim["margin"], aim.get("basis")
        bounds = [margin * times for times in (0.1, 0.7, 1, 1.4, 5)]
        check_with_package(side, margin)
        row = {
            "name": name,
            "candidate": {"events": events, "exposureMs": seconds * 1000},
            "aim": aim,
            "above": [
                [0, np.inf if events > 0 else -np.inf],
                *([bound, against_constant(side, bound, others_above(bound, aim["detect"] - margin))] for bound in bounds),
            ],
            "below": [[0, -np.inf], *([bound, against_constant(side, bound, others_below(bound, basis))] for bound in bounds)],
        }
        yield {**row, **({"confseq": {"truth": truth, "low": lowest_rate(side, 0.025)}} if events > 0 else {})}


def settings_of_two():
    rng = np.random.default_rng(1304)
    aim = {"margin": 0.1, "detect": 0.3, "basis": 0.5}
    table = [
        ("few events", 0.8, 20, 0.5, 60, aim),
        ("a candidate that is worse", 1, 400, 0.5, 800, aim),
        ("an equal candidate", 0.5, 3000, 0.5, 3000, aim),
        ("100,000 events", 103, 300, 100, 700, {"margin": 1, "detect": 3, "basis": 100}),
        ("no basis", 3, 100, 2, 100, {"margin": 0.2, "detect": 1}),
        ("no events", 0, 300, 0, 600, aim),
        ("events on one side only", 0.5, 200, 0, 200, {**aim, "basis": 0}),
        ("margin 0", 1.3, 500, 1, 1500, {"margin": 0, "detect": 0.2, "basis": 1}),
        ("a margin below 0", 0.8, 600, 1, 600, {"margin": -0.1, "detect": 0.1, "basis": 1}),
    ]
    for name, one, seconds, other, others, aim in table:
        candidate, stable = (int(rng.poisson(one * seconds)), seconds), (int(rng.poisson(other * others)), others)
        beyond, within = wanted_of(aim)
        worse, better = pairs_of_rates(beyond, aim.get("basis")), pairs_of_rates(within, aim.get("basis"))
        margins = sorted({0, aim["margin"], *(beyond * times for times in (-3, -0.5, 0.5, 3))})
        yield {
            "name": name,
            "candidate": {"events": candidate[0], "exposureMs": seconds * 1000},
            "stable": {"events": stable[0], "exposureMs": others * 1000},
            "aim": aim,
            "above": [[m, evidence(candidate, stable, m, worse)] for m in margins],
            "below": [[m, evidence(stable, candidate, -m, better)] for m in margins],
            "confseq": {
                "above": by_package(rng, candidate, stable, worse),
                "below": by_package(rng, stable, candidate, better),
            },
        }


def settings():
    yield from settings_of_one()
    yield from settings_of_two()
