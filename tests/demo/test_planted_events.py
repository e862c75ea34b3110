"""Each planted event is visible in the data, and its truth is written apart from them."""

import json
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.catalogue import GARDEN, TOOLS
from demo.company import Story, setting_for, simulate
from demo.events import planted, truth
from demo.operations import STRIKING
from demo.traffic import MOBILE, SOCIAL
from demo.vitals import INP_MS, LCP_MS, SLOW_FROM
from demo.world import CAMPAIGNS, CHANNELS

AS_OF = date(2026, 11, 22)
BURNING = [campaign.name for campaign in CAMPAIGNS].index("Social Inspiration")
Series = NDArray[np.int64]


@pytest.fixture(scope="module", params=[1, 2, 3])
def story(request: pytest.FixtureRequest) -> Story:
    return simulate(setting_for(as_of=AS_OF, seed=request.param))


def _during_and_before(story: Story, code: str, values: Series, before: int = 28) -> tuple[float, float]:
    """Mean a day during an event, and over the ``before`` days that precede it."""
    on = planted(AS_OF)[code].on(story.setting)
    first = int(np.argmax(on))
    assert on.any()
    return float(values[on].mean()), float(values[first - before : first].mean())


def _rates(story: Story, code: str, top: Series, bottom: Series) -> tuple[float, float]:
    up, usual_up = _during_and_before(story, code, top)
    down, usual_down = _during_and_before(story, code, bottom)
    return up / down, usual_up / usual_down


def test_mobile_payments_fail_and_mobile_orders_collapse_to_the_last_day(story: Story) -> None:
    funnel = story.funnel
    failing, usual = _rates(
        story, "payment_outage_mobile",
        funnel.payment_failures[:, :, MOBILE].sum(axis=1), funnel.payment_attempts[:, :, MOBILE].sum(axis=1),
    )  # fmt: skip
    assert failing > 8 * usual
    orders, before = _during_and_before(
        story, "payment_outage_mobile", funnel.orders[:, :, MOBILE].sum(axis=1)
    )
    assert orders < 0.5 * before
    others, before = _during_and_before(
        story, "payment_outage_mobile", funnel.orders[:, :, 1:].sum(axis=(1, 2))
    )
    assert others > 0.7 * before
    assert planted(AS_OF)["payment_outage_mobile"].end == AS_OF


def test_the_slow_release_shows_in_the_vitals_of_the_mobile_site(story: Story) -> None:
    views = story.vitals.lcp[:, MOBILE]
    assert (views.sum(axis=1) == story.site.measured[:, MOBILE]).all()
    assert (views[:, SLOW_FROM:].sum(axis=1) == story.site.slow[:, MOBILE]).all()
    for bad, vital in ((LCP_MS.index(4000), story.vitals.lcp), (INP_MS.index(300), story.vitals.inp)):
        mobile = vital[:, MOBILE]
        during, usual = _rates(story, "slow_mobile_release", mobile[:, bad:].sum(axis=1), mobile.sum(axis=1))
        assert during > 1.5 * usual


def test_the_campaign_burns_money_without_orders(story: Story) -> None:
    ads = story.advertising
    spend, usual = _during_and_before(story, "campaign_burning_money", ads.spend_cents[:, BURNING])
    assert spend > 5 * usual
    orders, usual = _during_and_before(
        story, "campaign_burning_money", story.funnel.orders[:, SOCIAL].sum(axis=1)
    )
    assert orders < 1.4 * usual
    roas, usual = _rates(
        story, "campaign_burning_money", ads.revenue_cents.sum(axis=1), ads.spend_cents.sum(axis=1)
    )
    assert roas < 0.75 * usual


def test_the_strike_makes_one_carrier_late_and_customers_call(story: Story) -> None:
    parcels = story.delivery
    rate, usual = _rates(
        story, "carrier_strike",
        parcels.on_time[:, :, STRIKING].sum(axis=1), parcels.deliveries[:, :, STRIKING].sum(axis=1),
    )  # fmt: skip
    assert rate < 0.6
    assert usual > 0.85
    others = np.delete(np.arange(parcels.deliveries.shape[2]), STRIKING)
    rate, _usual = _rates(
        story, "carrier_strike",
        parcels.on_time[:, :, others].sum(axis=(1, 2)), parcels.deliveries[:, :, others].sum(axis=(1, 2)),
    )  # fmt: skip
    assert rate > 0.85
    contacts, usual_contacts = _during_and_before(story, "carrier_strike", story.service.contacts)
    assert contacts > 1.4 * usual_contacts


def test_the_garden_is_out_of_stock_in_its_season(story: Story) -> None:
    stock = story.stock
    rate, usual = _rates(story, "garden_stockout", stock.stockout_days[:, GARDEN], stock.sku_days[:, GARDEN])
    assert rate > 4 * usual
    rows = story.lines.category == GARDEN
    sold = np.bincount(story.orders.day[story.lines.order[rows]], minlength=len(story.setting.days))
    lines, before = _during_and_before(story, "garden_stockout", sold, before=14)
    assert lines < 0.7 * before


def test_the_release_slows_mobile_pages(story: Story) -> None:
    slow, usual = _rates(
        story, "slow_mobile_release", story.site.slow[:, MOBILE], story.site.measured[:, MOBILE]
    )
    assert slow > 1.8 * usual


def test_the_giant_order_is_cancelled_the_next_day(story: Story) -> None:
    event = planted(AS_OF)["giant_order_cancelled"]
    index = int((np.datetime64(event.start) - story.setting.days[0]).astype(int))
    value = story.lines.quantity * story.lines.unit_cents
    row = int(np.argmax(value))
    assert value[row] > 4_000_000
    assert story.orders.day[story.lines.order[row]] == index
    assert story.credits.day[story.credits.line == row].tolist() == [index + 1]
    assert story.credit_cents()[index + 1] > value[row]


def test_television_brings_visits_that_convert_less(story: Story) -> None:
    direct = CHANNELS.index("Direct")
    visits, usual = _during_and_before(story, "tv_report", story.funnel.sessions[:, direct].sum(axis=1))
    assert visits > 1.6 * usual
    rate, usual_rate = _rates(
        story,
        "tv_report",
        story.funnel.orders[:, direct].sum(axis=1),
        story.funnel.sessions[:, direct].sum(axis=1),
    )
    assert rate < 0.85 * usual_rate


def test_the_site_is_down_for_a_day(story: Story) -> None:
    up, usual = _during_and_before(story, "site_down", story.site.minutes_up[:, MOBILE])
    assert up == 780
    assert usual > 1430
    sessions, before = _during_and_before(story, "site_down", story.funnel.sessions.sum(axis=(1, 2)))
    assert sessions < 0.75 * before


def test_the_price_error_sells_tools_off(story: Story) -> None:
    margin = story.margin
    profit = margin.sales_cents - margin.cost_cents
    during, usual = _rates(story, "price_error", profit[:, TOOLS], margin.sales_cents[:, TOOLS])
    assert during < 0.2
    assert usual > 0.3


def test_the_slow_checkout_loses_buyers(story: Story) -> None:
    funnel = story.funnel
    rate, usual = _rates(
        story, "slow_checkout", funnel.orders.sum(axis=(1, 2)), funnel.checkouts.sum(axis=(1, 2))
    )
    assert 0.45 < rate / usual < 0.72


def test_the_tracking_loss_hides_visits_and_no_order(story: Story) -> None:
    visits, usual = _during_and_before(story, "tracking_loss", story.funnel.sessions.sum(axis=(1, 2)))
    assert 0.5 < visits / usual < 0.8
    orders, before = _during_and_before(story, "tracking_loss", story.funnel.orders.sum(axis=(1, 2)))
    assert 0.8 < orders / before < 1.35
    clicks, before = _during_and_before(story, "tracking_loss", story.advertising.clicks.sum(axis=1))
    assert clicks / before > visits / usual + 0.2  # the platforms count their own


def test_the_competitor_takes_a_third_of_the_buyers_and_more_of_the_tools(story: Story) -> None:
    rows = story.lines.category == TOOLS
    sold = np.bincount(story.orders.day[story.lines.order[rows]], minlength=len(story.setting.days))
    during, usual = _during_and_before(story, "competitor_promotion", sold)
    assert 0.15 < during / usual < 0.6
    orders, before = _during_and_before(story, "competitor_promotion", story.funnel.orders.sum(axis=(1, 2)))
    assert 0.5 < orders / before < 0.8


def test_search_engines_bring_more_visits_for_a_month(story: Story) -> None:
    seo = CHANNELS.index("SEO")
    visits, usual = _during_and_before(story, "good_seo_month", story.funnel.sessions[:, seo].sum(axis=1))
    assert 1.25 < visits / usual < 1.85
    event = planted(AS_OF)["good_seo_month"]
    assert (event.end - event.start).days == 27


def test_the_sales_are_better_than_last_year(story: Story) -> None:
    on = planted(AS_OF)["soldes_better"].on(story.setting)
    orders = story.funnel.orders.sum(axis=(1, 2))
    first, days = int(np.argmax(on)), int(on.sum())
    assert orders[on].mean() > 1.35 * orders[first - 364 : first - 364 + days].mean()


def test_every_event_is_older_than_the_anchor_and_apart_from_the_others() -> None:
    for anchor in (AS_OF, date(2026, 5, 3), date(2027, 2, 1)):
        events = list(planted(anchor).values())
        assert all(event.start <= event.end <= anchor for event in events)
        seasonal = ("garden_stockout", "soldes_better")  # these have dates of their own
        spans = sorted((event.start, event.end) for event in events if event.code not in seasonal)
        assert all(one[1] < two[0] for one, two in pairwise(spans))
        garden = planted(anchor)["garden_stockout"]
        assert anchor - garden.end > timedelta(days=50)


def test_the_truth_is_json_and_not_in_the_data() -> None:
    setting = setting_for(as_of=AS_OF, seed=1)
    document = json.loads(json.dumps(truth(setting)))
    assert document["anchor"] == "2026-11-22"
    assert {event["code"] for event in document["events"]} == set(planted(AS_OF))
    for event in document["events"]:
        assert event["start"] <= event["end"]
        assert event["indicators"]
        assert event["description_fr"]
        assert event["description_en"]
