"""The brake against a model that counts the long way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.brake import Brake
from agents.settings import Settings


def pulled_at(outcomes: list[bool], run: int, share: float, of: int) -> int | None:
    """Place of the outcome that pulls the brake (True: a dead letter), counted the long way."""
    for at, dead in enumerate(outcomes):
        seen = outcomes[: at + 1]
        in_a_row = len(seen) >= run and all(seen[-run:])
        too_many = len(seen) >= of and sum(seen[-of:]) > share * of
        if dead and (in_a_row or too_many):
            return at
    return None


@given(
    outcomes=st.lists(st.booleans(), max_size=120),
    run=st.integers(1, 12),
    share=st.floats(0.1, 1.0),
    of=st.integers(1, 30),
)
def test_it_is_pulled_where_the_model_says_and_stays_pulled(
    outcomes: list[bool], run: int, share: float, of: int
) -> None:
    brake = Brake(run, share, of)
    held: list[int] = []
    for at, dead in enumerate(outcomes):
        if not dead:
            brake.passed()
        elif brake.dies():
            held.append(at)
    expected = pulled_at(outcomes, run, share, of)
    assert (brake.reason is None) == (expected is None)
    if expected is not None:
        # From there on not one record becomes a dead letter.
        assert held == [at for at, dead in enumerate(outcomes) if dead and at >= expected]


@given(st.lists(st.booleans(), max_size=300))
def test_no_more_dead_letters_in_a_row_than_the_run_allows(outcomes: list[bool]) -> None:
    brake, in_a_row = Brake(5, 1.0, 1000), 0
    for dead in outcomes:
        if not dead:
            brake.passed()
            in_a_row = 0
        elif not brake.dies():
            in_a_row += 1
        assert in_a_row < 5


@pytest.mark.parametrize(("dead", "of", "pulled"), [(200, 20_000, False), (25, 229, False), (10_000, 20_000, True)])
def test_poison_among_good_news_does_not_stop_a_stage(dead: int, of: int, pulled: bool) -> None:  # noqa: FBT001 - a row of the table
    """The defaults: 200 poison records in 20,000 go through; where every second record dies, the stage stops."""
    settings = Settings()
    brake = Brake(settings.brake_run, settings.brake_share, settings.brake_of)
    for n in range(of):
        if n % (of // dead):
            brake.passed()
        else:
            brake.dies()
    assert (brake.reason is not None) is pulled


def test_it_says_why() -> None:
    brake = Brake(3, 1.0, 100)
    assert [brake.dies() for _ in range(3)] == [False, False, True]
    assert brake.reason == "3 records in a row would be dead letters"
    brake = Brake(100, 0.5, 4)
    for _ in range(2):
        brake.passed()
        brake.dies()
    assert brake.dies()
    assert brake.reason == "3 of the last 4 records would be dead letters"
