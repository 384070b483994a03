"""Means of bounded values: products over the single values, beside the bets of confseq."""

import math

import numpy as np

from arms import lowest, paired, part_of
from mixtures import log_mean, wanted_of
from packages import betting_cs, log_capital


def ladder(top, excess):
    bets = [top]
    while bets[-1] > excess and len(bets) < 24:
        bets.append(bets[-1] / 2)
    return bets


def psi(stake):
    return -np.log1p(-stake) - stake


def product(values, mean, stakes, scale):
    """Logarithm of the product of exp(λξ − ψ(λ)ξ²) over the values, where ξ is the distance from the mean over `scale`."""
    apart = (np.asarray(values) - mean) / scale
    first, second = math.fsum(apart), math.fsum(apart**2)
    return np.array([stake * first - psi(stake) * second for stake in stakes])


def of_one(values, bound, excess):
    if not 0 < bound < 1:
        return np.inf if bound < 1 and values.sum() > 0 else -np.inf
    return log_mean(product(values, bound, [min(0.9, bet * bound) for bet in ladder(0.9 / bound, excess)], bound))


def by_confseq(values, bound, excess):
    """The mean of 1 + λξ over the same stakes. It is never less than ours, which needs sums of values and squares only."""
    return log_mean([log_capital(values, bound, min(0.9 / bound, bet)) for bet in ladder(0.9 / bound, excess)])


def of_two(upper, lower, share, margin, excess):
    """Each is the values of an arm and its share of the samples."""
    if abs(margin) >= 1:
        return np.inf if margin <= -1 else -np.inf
    parts = (part_of(share), part_of(1 - share))
    least, most = max(0, -margin), min(1, 1 - margin)
    halves = [2.0**-power for power in range(1, 7)]
    borders = [border for half in halves for border in (half - margin, 1 - half) if least < border < most]
    ends = [least, *sorted(borders), most]
    moments = Sums(upper), Sums(1 - lower)
    found = np.inf
    for begin, end in zip(ends, ends[1:]):
        if begin == end:
            continue
        scales = end + margin, 1 - begin
        bets = ladder(max(2 * part * 0.9 / scale for part, scale in zip(parts, scales)), excess)
        weights = [0.1, *(0.9 / len(bets) for _ in bets)]
        stakes = [
            [0, *(min(0.9, bet / (2 * part) * scale) for bet in bets)] for part, scale in zip(parts, scales)
        ]
        of = lambda x: paired(  # noqa: E731
            weights,
            moments[0].product(x + margin, stakes[0], scales[0]),
            moments[1].product(1 - x, stakes[1], scales[1]),
        )
        found = min(found, lowest(of, np.linspace(begin, end, 21)))
    return found


class Sums:
    """Product over the values by their mean and variance, which at one place is compared with the plain product."""

    def __init__(self, values):
        self.count, self.mean = len(values), math.fsum(values) / len(values)
        self.squares = math.fsum((values - self.mean) ** 2)
        plain = product(values, 0.37, [0.1, 0.8], 0.9)
        assert np.allclose(plain, self.product(np.array([0.37]), [0.1, 0.8], 0.9)[:, 0], rtol=1e-10, atol=1e-9)

    def product(self, means, stakes, scale):
        first = self.count * (self.mean - means) / scale
        second = (self.squares + self.count * (self.mean - means) ** 2) / scale**2
        stakes = np.asarray(stakes)[:, None]
        return stakes * first - psi(stakes) * second


def interval(values, alpha):
    low, high = betting_cs(values, alpha=alpha, breaks=1000)
    return float(low[-1]), float(high[-1])


def sums(values, least, width):
    values = least + width * values
    return {"count": len(values), "sum": math.fsum(values), "sumSquares": math.fsum(values**2)}


def settings():
    rng = np.random.default_rng(1306)
    stars = lambda mean, size: rng.binomial(4, (mean - 1) / 4, size) / 4  # noqa: E731
    beta = lambda mean, size: rng.beta(4 * mean, 4 * (1 - mean), size)  # noqa: E731
    five, unit = {"min": 1, "max": 5}, {"min": 0, "max": 1}
    ratings = {"margin": 0.2, "detect": 0.5}
    table = [
        ("few samples", stars(3.2, 20), stars(2.5, 30), 0.4, five, ratings, None),
        ("a candidate that is worse", stars(3.1, 400), stars(2.4, 400), 0.5, five, ratings, (3.1, 2.4)),
        ("an equal candidate", stars(2.4, 600), stars(2.4, 1400), 0.3, five, ratings, (2.4, 2.4)),
        ("100,000 samples", beta(0.31, 50_000), beta(0.3, 50_000), 0.5, unit, {"margin": 0, "detect": 0.02}, None),
        ("margin 0", beta(0.2, 900), beta(0.1, 900), 0.5, unit, {"margin": 0, "detect": 0.1}, (0.2, 0.1)),
        ("a margin below 0", stars(2.2, 500), stars(2.6, 1500), 0.25, five, {"margin": -0.2, "detect": 0.2}, (2.2, 2.6)),
        ("all at the least value", np.zeros(200), np.zeros(300), 0.5, five, ratings, None),
        ("all at the greatest value", np.ones(200), np.ones(300), 0.5, five, ratings, None),
        ("a constant", stars(3.1, 300), None, None, five, {"margin": 2.8, "detect": 3.1}, 3.1),
        ("a constant, with 100,000 samples", beta(0.305, 100_000), None, None, unit, {"margin": 0.3, "detect": 0.31}, None),
        ("a constant, all at the least value", np.zeros(200), None, None, five, {"margin": 2.8, "detect": 3.1}, None),
        ("a constant, all at the greatest value", np.ones(200), None, None, five, {"margin": 2.8, "detect": 3.1}, None),
    ]
    for name, candidate, stable, share, span, aim, truth in table:
        least, width = span["min"], span["max"] - span["min"]
        row = {"name": name, "candidate": sums(candidate, least, width), "range": span, "aim": aim}
        beyond, within = (wanted / width for wanted in wanted_of(aim))
        if stable is None:
            bounds = [least + part * width for part in (0.03, 0.3, 0.5, 0.8, 0.97)] + [aim["margin"]]
            ends = [span["min"], span["max"]]
            unit_of = lambda bound: (bound - least) / width  # noqa: E731
            row["above"] = [[b, of_one(candidate, unit_of(b), beyond)] for b in bounds + ends]
            row["below"] = [[b, of_one(1 - candidate, 1 - unit_of(b), beyond)] for b in bounds + ends]
            row["confseq"] = {
                "above": [[b, by_confseq(candidate, unit_of(b), beyond)] for b in bounds],
                "below": [[b, by_confseq(1 - candidate, 1 - unit_of(b), beyond)] for b in bounds],
            }
            if truth is not None:
                row["confseq"] |= {"truth": truth, "interval": [least + width * end for end in interval(candidate, 0.05)]}
        else:
            margins = sorted({0, aim["margin"], *(part * width for part in (-1, -0.4, -0.05, 0.02, 0.3, 1))})
            row |= {"stable": sums(stable, least, width), "share": share}
            row["above"] = [[m, of_two(candidate, stable, share, m / width, beyond)] for m in margins]
            row["below"] = [[m, of_two(stable, candidate, 1 - share, -m / width, within)] for m in margins]
            if truth is not None:
                (low, high), (other, most) = (interval(arm, 0.025) for arm in (candidate, stable))
                row["confseq"] = {"truth": truth[0] - truth[1], "interval": [width * (low - most), width * (high - other)]}
        yield row
