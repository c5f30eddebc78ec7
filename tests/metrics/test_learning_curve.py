"""The power law of a learning curve, against laws that are known."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.metrics import power_law


def test_gives_back_a_law():
    sizes = np.array([500, 1000, 2000, 4000])
    law = power_law(sizes, 0.9 * sizes**-0.3)
    assert law.scale == pytest.approx(0.9) and law.exponent == pytest.approx(0.3)
    assert law.error(8000) == pytest.approx(0.9 * 8000**-0.3)
    assert law.size(law.error(3e5)) == pytest.approx(3e5)


def test_an_error_that_does_not_fall_takes_infinitely_many():
    assert power_law([100, 200], [0.2, 0.3]).size(0.1) == float("inf")


@pytest.mark.parametrize(("sizes", "errors"), [([100], [0.1]), ([100, 100], [0.1, 0.2]), ([100, 200], [0.1, 0.0])])
def test_what_has_no_law(sizes, errors):
    with pytest.raises(InvalidInput, match="two different numbers"):
        power_law(sizes, errors)
