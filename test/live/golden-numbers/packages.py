"""What is asked of confseq and expectation. Nothing of the formulas in src/rollout/gates/evidence is imported here."""

import sys
import types

import numpy as np

# numpy 2 has no float_ any more, and what is called here draws no pictures and starts no processes.
np.float_ = np.float64
for absent in ("matplotlib", "matplotlib.pyplot", "multiprocess"):
    sys.modules[absent] = types.ModuleType(absent)
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]

from confseq import boundaries, quantiles  # noqa: E402
from confseq.betting import betting_cs, betting_mart  # noqa: E402
from expectation.ksample.bernoulli import BernoulliRIPrCalculator  # noqa: E402
from expectation.ksample.config import KSampleAlternativeType, KSampleConfig  # noqa: E402
from expectation.modules import boundaries as ported  # noqa: E402

__all__ = ["betting_cs", "boundaries", "log_capital", "log_likelihood_by_bets", "log_ripr", "ported", "quantiles"]


def log_capital(samples, mean, stake):
    """confseq's betting martingale with the same stake on each sample. In parts, because a product of all leaves the floats."""
    samples = np.asarray(samples, dtype=float)
    if len(samples) == 0:
        return 0.0
    stakes = lambda part, _: np.full(len(part), stake)  # noqa: E731
    widest = np.max(np.abs(np.log1p(stake * (np.array([samples.min(), samples.max()]) - mean))))
    size = int(np.clip(600 / widest, 1, 10_000)) if widest > 0 else 10_000
    parts = (samples[start : start + size] for start in range(0, len(samples), size))
    ends = [betting_mart(part, mean, lambdas_fn_positive=stakes, theta=1, trunc_scale=1)[-1] for part in parts]
    return float(np.sum(np.log(ends)))


def log_likelihood_by_bets(samples, null, other):
    """The likelihood ratio of two Bernoulli distributions is a betting martingale with a constant stake."""
    return log_capital(samples, null, (other - null) / (null * (1 - null)))


def log_ripr(upper, lower, high, low):
    """expectation's e-value of one alternative to equal proportions. Each side is (bad, total)."""
    thetas = {0: high, 1: low}
    config = KSampleConfig(k=2, alternative_type=KSampleAlternativeType.SIMPLE, simple_theta=thetas)
    successes, sizes = {0: upper[0], 1: lower[0]}, {0: upper[1], 1: lower[1]}
    return BernoulliRIPrCalculator(config).compute_log_e_value(successes, sizes)[0]
