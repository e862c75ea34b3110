"""The demo company is the same for the same seed, adds up, and is of a size the trade knows."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from demo.catalogue import CATEGORIES
from demo.company import Story, setting_for, simulate
from demo.files import write
from demo.goals import LEVELS, MONTHLY_SUMS, PROMISES, YEARLY_SUMS, goals
from demo.traffic import autocorrelated
from demo.world import CARRIERS, CHANNELS, DEVICES, WARM_UP_DAYS
from tests.demo.reading import read

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def story() -> Story:
    return simulate(setting_for(as_of=AS_OF, seed=1))


def _bytes(story: Story, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    return {file.path.name: file.path.read_bytes() for file in write(story, folder)}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(story: Story, tmp_path: Path) -> None:
    first = _bytes(story, tmp_path / "a")
    again = _bytes(simulate(setting_for(as_of=AS_OF, seed=1)), tmp_path / "b")
    other = _bytes(simulate(setting_for(as_of=AS_OF, seed=2)), tmp_path / "c")
    assert first == again
    assert all(other[name] != content for name, content in first.items())


def test_a_later_day_prolongs_the_history_without_changing_it(story: Story, tmp_path: Path) -> None:
    longer = simulate(setting_for(as_of=date(2026, 12, 9), seed=1, anchor=AS_OF))
    before, after = _bytes(story, tmp_path / "a"), _bytes(longer, tmp_path / "b")
    for (old_name, old), (name, new) in zip(before.items(), after.items(), strict=True):
        assert name.split("_2")[0] == old_name.split("_2")[0]
        assert new.startswith(old), name


def test_the_files_since_a_day_are_the_end_of_the_whole_files(story: Story, tmp_path: Path) -> None:
    for folder in ("all", "new"):
        (tmp_path / folder).mkdir()
    whole = {f.source: f.path.read_text() for f in write(story, tmp_path / "all")}
    for file in write(story, tmp_path / "new", since=date(2026, 11, 16)):
        _header, *rows = file.path.read_text().splitlines()
        assert rows
        assert whole[file.source].endswith("\n".join([*rows, ""]))
        assert all(read(file.path)["date" if file.kind == "facts" else "order_date"] >= "2026-11-16")


def test_a_history_cannot_end_before_its_anchor() -> None:
    with pytest.raises(ValueError, match="2026-11-22"):
        setting_for(as_of=date(2026, 11, 21), anchor=AS_OF)


@pytest.mark.parametrize(
    "as_of", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 5, 8), date(2027, 7, 14), date(2028, 12, 31)]
)
def test_it_can_be_generated_as_of_any_day(as_of: date) -> None:
    story = simulate(setting_for(as_of=as_of, seed=3))
    assert story.setting.days[-1] == np.datetime64(as_of)
    assert story.setting.days[WARM_UP_DAYS] == story.setting.start
    assert story.orders.day.max() == len(story.setting.days) - 1
    assert goals(story)


def test_orders_of_the_files_are_those_of_the_funnel(story: Story, tmp_path: Path) -> None:
    written = write(story, tmp_path)
    orders = np.concatenate([read(f.path)["order_id"] for f in written if f.kind == "orders"])
    sold = {order for order in orders.tolist() if not order.startswith("C")}
    assert len(sold) == story.funnel.orders[WARM_UP_DAYS:].sum()
    assert 120_000 <= orders.size <= 200_000
    audience = read(next(f.path for f in written if f.source == "audience"))
    assert audience["sessions"].astype(int).sum() == story.funnel.sessions[WARM_UP_DAYS:].sum()


def test_money_of_the_files_is_that_of_the_story(story: Story, tmp_path: Path) -> None:
    frames = [read(f.path) for f in write(story, tmp_path) if f.kind == "orders"]
    quantity = np.concatenate([frame["quantity"] for frame in frames]).astype(int)
    cents = np.rint(np.concatenate([frame["unit_price"] for frame in frames]).astype(float) * 100).astype(int)
    amounts = quantity * cents
    assert amounts[quantity > 0].sum() == story.gross_cents()[WARM_UP_DAYS:].sum()
    assert -amounts[quantity < 0].sum() == story.credit_cents()[WARM_UP_DAYS:].sum()


def test_the_funnel_narrows(story: Story) -> None:
    funnel = story.funnel
    steps = (
        funnel.sessions,
        funnel.carts,
        funnel.checkouts,
        funnel.payment_attempts - funnel.payment_failures,
    )
    for wide, narrow in zip(steps, [*steps[1:], funnel.orders], strict=True):
        assert (wide >= narrow).all()
    assert (funnel.payment_attempts - funnel.payment_failures == funnel.orders).all()
    assert (funnel.visitors <= funnel.sessions).all()
    assert (funnel.bounces <= funnel.sessions).all()


def test_a_credit_note_credits_a_line_after_it_was_sold(story: Story) -> None:
    lines, credits = story.lines, story.credits
    assert (credits.day >= story.orders.day[lines.order[credits.line]]).all()
    assert np.unique(credits.line).size == credits.line.size
    assert (credits.day < len(story.setting.days)).all()


def test_returned_units_and_margin_agree_with_the_orders(story: Story) -> None:
    lines, credits = story.lines, story.credits
    assert story.returns.units.sum() == lines.quantity[credits.line[credits.returned]].sum()
    net = (story.gross_cents() - story.credit_cents()) / 1.2
    assert np.abs(story.margin.sales_cents.sum(axis=1) - net).max() <= len(CATEGORIES)
    listed = (lines.quantity * lines.list_cents).sum()
    assert story.margin.discount_cents.sum() == listed - story.gross_cents().sum()


def test_every_order_is_delivered_picked_up_cancelled_or_on_its_way(story: Story) -> None:
    orders = story.orders
    assert story.pickup.orders.sum() == (orders.carrier < 0).sum()
    cancelled = np.zeros(orders.day.size, dtype=bool)
    cancelled[story.lines.order[story.credits.line[~story.credits.returned]]] = True
    to_deliver = (orders.carrier >= 0) & ~cancelled
    waiting = to_deliver.sum() - story.delivery.deliveries.sum()
    assert 0 < waiting <= (to_deliver & (orders.day >= len(story.setting.days) - 20)).sum()
    assert (story.delivery.on_time <= story.delivery.deliveries).all()
    sundays = (story.setting.days.astype(int) + 3) % 7 == 6
    assert story.delivery.deliveries[sundays].sum() == 0


def test_conversion_by_channel_and_device_is_plausible(story: Story) -> None:
    rate = story.funnel.orders.sum(axis=0) / story.funnel.sessions.sum(axis=0)
    assert rate.shape == (len(CHANNELS), len(DEVICES))
    assert rate.min() > 0.012
    assert rate.max() < 0.038
    assert 0.015 < story.funnel.orders.sum() / story.funnel.sessions.sum() < 0.03


def test_baskets_margins_and_advertising_are_plausible(story: Story) -> None:
    gross = story.gross_cents().sum()
    assert 80 < gross / 100 / story.funnel.orders.sum() < 140
    assert 0.3 < 1 - story.margin.cost_cents.sum() / story.margin.sales_cents.sum() < 0.42
    assert 4 < story.advertising.revenue_cents.sum() / story.advertising.spend_cents.sum() < 8
    assert 0.04 < story.credit_cents().sum() / gross < 0.10
    deliveries = story.delivery.deliveries.sum()
    assert 0.88 < story.delivery.on_time.sum() / deliveries < 0.97
    assert story.delivery.deliveries.sum(axis=(0, 1)).shape == (len(CARRIERS),)
    assert 4.0 < story.service.csat_sum.sum() / story.service.csat_answers.sum() < 4.6


def _monthly(story: Story, values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> dict[str, int]:
    months = story.setting.days.astype("M8[M]").astype(str)
    return {month: int(values[months == month].sum()) for month in np.unique(months).tolist()}


def test_the_year_has_its_seasons(story: Story) -> None:
    def sold(category: str, month: str) -> int:
        index = next(i for i, c in enumerate(CATEGORIES) if c.name == category)
        rows = story.lines.category == index
        days = story.orders.day[story.lines.order[rows]]
        return _monthly(story, np.bincount(days, minlength=len(story.setting.days)))[month]

    assert sold("Jardin et extérieur", "2025-05") > 1.8 * sold("Jardin et extérieur", "2025-01")
    assert sold("Chauffage et climatisation", "2025-11") > 1.5 * sold("Chauffage et climatisation", "2025-05")
    assert sold("Isolation", "2025-10") > 1.4 * sold("Isolation", "2025-06")


def test_black_friday_stands_out_and_the_company_grows(story: Story) -> None:
    orders = story.funnel.orders.sum(axis=(1, 2))
    friday = int(np.flatnonzero(story.setting.days == np.datetime64("2025-11-28"))[0])
    around = np.r_[orders[friday - 17 : friday - 10], orders[friday + 11 : friday + 18]]
    assert orders[friday] > 1.5 * around.mean()
    year = orders[WARM_UP_DAYS : WARM_UP_DAYS + 365].sum()
    assert 1.02 < orders[-365:].sum() / year < 1.15


@pytest.mark.parametrize("phi", [0.3, 0.6, 0.9])
def test_noise_lasts_from_day_to_day_and_has_heavy_tails(phi: float) -> None:
    noise = autocorrelated(setting_for(as_of=AS_OF), "test", 40, phi, 0.05)
    assert noise.std() == pytest.approx(0.05, rel=0.05)
    assert np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1] == pytest.approx(phi, abs=0.03)
    shocks = noise[1:] - phi * noise[:-1]
    assert (shocks**4).mean() / (shocks**2).mean() ** 2 > 4


def test_goals_cover_the_plan_of_each_year_that_has_a_past(story: Story) -> None:
    plan = goals(story)
    codes = {*YEARLY_SUMS, *LEVELS, *PROMISES}
    for year in (2025, 2026):
        whole = {g.indicator for g in plan if (g.start, g.end) == (date(year, 1, 1), date(year, 12, 31))}
        assert whole == codes
    months = [g for g in plan if g.start.month != 1 or g.end.month != 12]
    assert len(months) == 12 * len(MONTHLY_SUMS)
    assert all(g.value > 0 for g in plan)


def test_goals_agree_with_each_other() -> None:
    growth = {code: float(grown) for code, grown in YEARLY_SUMS.items()}
    progress = {code: float(grown) for code, (grown, _digits) in LEVELS.items()}
    assert growth["orders"] == pytest.approx(growth["sessions"] * progress["conversion_rate"], abs=0.002)
    assert growth["gross_revenue"] == pytest.approx(growth["orders"] * progress["aov_gross"], abs=0.002)


def test_goals_ask_for_progress_on_last_year(story: Story) -> None:
    last_year = story.setting.between(np.datetime64("2025-01-01"), np.datetime64("2025-12-31"))
    gross = story.gross_cents()[last_year].sum() / 100
    goal = next(
        g
        for g in goals(story)
        if (g.indicator, g.start, g.end.month) == ("gross_revenue", date(2026, 1, 1), 12)
    )
    assert float(goal.value) == pytest.approx(gross * 1.07, abs=100)
