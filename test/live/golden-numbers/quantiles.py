"""Quantiles of histograms: shares above a place, beside confseq's tests of single values."""

import numpy as np
from scipy.special import ndtri

import packages
import proportion
from arms import lowest, paired, part_of
from mixtures import log_mean, raised, wanted_of

bounds = [5, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 2500, 5000]


class Cells:
    """
    Samples spread evenly within their cells. Those above all bounds lie anywhere there, and those of a first cell at or below 0
    anywhere up to its bound.
    """

    def __init__(self, borders, counts):
        spread, points = [], [(borders[-1], counts[-1])]
        for begin, end, count in zip([0.0, *borders], borders, counts):
            if end > begin:
                spread.append((begin, end, count))
            else:
                points.append((end, count))
        self.points, self.total, self.beyond = points, sum(counts), counts[-1]
        self.places = [spread[0][0], *(end for _, end, _ in spread)]
        self.left = np.cumsum([0, *(count for *_, count in reversed(spread))])[::-1]

    def from_place(self, place, inclusive):
        """How many samples lie above a place, or at it if `inclusive`."""
        beyond = np.greater_equal if inclusive else np.greater
        points = sum(count * beyond(point, place) for point, count in self.points)
        # What may lie at a place or above it, and what surely lies above it.
        possible = np.where(np.asarray(place) > self.places[-1], self.beyond, 0) if inclusive else 0
        unsure = 0 if inclusive else sum(count * (np.asarray(place) < point) for point, count in self.points[1:])
        return points + np.interp(place, self.places, self.left) + possible - unsure


def log_likelihood(count, total, null, other):
    return count * np.log(other / null) + (total - count) * np.log((1 - other) / (1 - null))


def wanted_bet(aim, excess):
    basis = aim.get("basis")
    return min(2, max(0.02, 1.8 * np.log1p(excess / abs(basis)))) if basis else None


def of_one(cells, quantile, bound, aim, above):
    null = 1 - quantile
    wanted = wanted_bet(aim, aim["detect"] - aim["margin"])
    detect = 2 * null if wanted is None else raised(null, np.exp(2 * wanted))
    others = proportion.others_above(null, detect - null) if above else proportion.others_below(null, None)
    count = cells.from_place(bound, not above)
    return log_mean([log_likelihood(count, cells.total, null, other) for other in others]), null, others


def of_two(upper, lower, quantile, share, margin, wanted):
    bets = np.array([0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2])
    weights = np.full(8, 1 / 8)
    if wanted is not None:
        bets = wanted * np.array([0, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4])
        weights = np.array([0.05, 0.05, 0.05, 0.1, 0.2, 0.3, 0.2, 0.05])
    null = 1 - quantile
    up = raised(null, np.exp(np.minimum(4, bets / (2 * part_of(share)))))[:, None]
    down = raised(null, np.exp(-np.minimum(4, bets / (2 * part_of(1 - share)))))[:, None]

    def of(x):
        return paired(
            weights,
            log_likelihood(upper.from_place(x + margin, False), upper.total, null, up),
            log_likelihood(lower.from_place(x, True), lower.total, null, down),
        )

    least, most = lower.places[0], lower.places[-1]
    borders = {*lower.places, *(place - margin for place in upper.places)}
    inside = sorted({least, most, *(border for border in borders if least <= border <= most)})
    # At a border both counts may jump. So each side of it is looked at, too.
    inside = np.array(inside)
    jumps = min(of(places).min() for places in (inside, np.nextafter(inside, least), np.nextafter(inside, most)))
    # The lower quantile may lie above all bounds, where no sample of the other revision surely lies above it.
    outside = paired(
        weights,
        log_likelihood(np.zeros(1), upper.total, null, up),
        log_likelihood(np.full(1, lower.beyond), lower.total, null, down),
    ).min()
    return float(min(jumps, outside, lowest(of, inside)))


def counts_of(values, borders):
    """Up to a bound and above the one before it, and last those above all bounds."""
    cells = np.searchsorted(borders, values, side="left")
    return np.bincount(cells, minlength=len(borders) + 1).tolist()


def interval(values, quantile, alpha):
    """The values that confseq's beta-binomial mixture does not refute as the quantile, as its own test of two arms asks it."""
    values = np.sort(values)
    below = np.arange(len(values) + 1)
    excess = below - quantile * len(values)
    time = quantile * (1 - quantile) * len(values)
    kept = packages.boundaries.beta_binomial_log_mixture(excess, time, time, quantile, 1 - quantile, alpha, False) < -np.log(alpha)
    ends = below[kept]
    return [float(values[max(0, ends[0] - 1)]), float(values[min(len(values) - 1, ends[-1])])]


def settings():
    rng = np.random.default_rng(1307)
    latency = lambda median, size: rng.lognormal(np.log(median), 0.6, size)  # noqa: E731
    at = lambda median, quantile: float(median * np.exp(0.6 * ndtri(quantile)))  # noqa: E731
    aim = {"margin": 20, "detect": 120, "basis": 200}
    fine = list(range(10, 1010, 10))
    turned = [-place for place in reversed(bounds)]
    table = [
        ("few samples", latency(90, 40), latency(75, 60), 0.4, 0.9, bounds, aim),
        ("a candidate that is slower", latency(100, 1500), latency(75, 1500), 0.5, 0.95, bounds, aim),
        ("an equal candidate", latency(75, 900), latency(75, 8100), 0.1, 0.95, bounds, aim),
        ("100,000 samples", latency(80, 50_000), latency(75, 50_000), 0.5, 0.95, bounds, aim),
        ("no basis", latency(150, 800), latency(75, 800), 0.5, 0.5, bounds, {"margin": 10, "detect": 60}),
        ("margin 0", latency(110, 1500), latency(75, 1500), 0.5, 0.9, fine, {"margin": 0, "detect": 60, "basis": 160}),
        ("a margin below 0", latency(75, 1200), latency(110, 1200), 0.5, 0.9, fine, {"margin": -20, "detect": 20, "basis": 240}),
        ("all above the bounds", np.full(200, 9e3), np.full(200, 9e3), 0.5, 0.95, bounds, aim),
        ("all in the first cell", np.full(200, 1.0), np.full(200, 1.0), 0.5, 0.95, bounds, aim),
        ("values below 0", -latency(75, 700), -latency(100, 700), 0.5, 0.05, turned, {"margin": 5, "detect": 30, "basis": -200}),
        ("a constant", latency(90, 900), None, None, 0.95, fine, {"margin": 200, "detect": 300, "basis": 200}),
        ("a constant, with 100,000 samples", latency(76, 100_000), None, None, 0.95, fine, {"margin": 200, "detect": 210, "basis": 200}),
        ("a constant without a basis", latency(90, 300), None, None, 0.5, fine, {"margin": 100, "detect": 150}),
    ]
    for name, candidate, stable, share, quantile, borders, aim in table:
        cells = Cells(borders, counts_of(candidate, borders))
        row = {"name": name, "quantile": quantile, "bounds": borders, "candidate": counts_of(candidate, borders), "aim": aim}
        if stable is None:
            places = [70, 137.5, aim["margin"], 300, 625]
            row["above"] = [[b, of_one(cells, quantile, b, aim, True)[0]] for b in places]
            row["below"] = [[b, of_one(cells, quantile, b, aim, False)[0]] for b in places]
            # At a border of two cells each single value is above it or not, and that is a bet of confseq.
            row["confseq"] = {
                side: [[b, by_bets(candidate, b, of_one(cells, quantile, b, aim, side == "above"))] for b in (70, 300)]
                for side in ("above", "below")
            }
            row["confseq"] |= {"truth": at(76 if len(candidate) > 1e4 else 90, quantile), "interval": interval(candidate, quantile, 0.05)}
        else:
            other = Cells(borders, counts_of(stable, borders))
            beyond, within = (wanted_bet(aim, wanted) for wanted in wanted_of(aim))
            margins = sorted({0, aim["margin"], aim["detect"], -150, -37.5, 40})
            row |= {"stable": counts_of(stable, borders), "share": share}
            row["above"] = [[m, of_two(cells, other, quantile, share, m, beyond)] for m in margins]
            row["below"] = [[m, of_two(other, cells, quantile, 1 - share, -m, within)] for m in margins]
            if borders is fine:
                size = len(candidate)
                p_value = packages.quantiles.quantile_ab_p_value(candidate, stable, quantile, size, 0.05)
                row["confseq"] = {"logEvidenceOfDifference": float(-np.log(p_value))}
        yield row


def by_bets(values, place, known):
    _, null, others = known
    above = (values > place).astype(int)
    return log_mean([packages.log_likelihood_by_bets(above, null, other) for other in others])
