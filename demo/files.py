"""The files the demo company would export: orders by year, and one wide file of daily figures per department.

UTF-8, comma, decimal point, ISO dates: the plain dialect, so that the demo enters by the door of any file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.catalogue import NAMES
from demo.company import Story
from demo.world import CAMPAIGNS, CARRIERS, CHANNELS, DEVICES, REGIONS, WARM_UP_DAYS, Bools, Ints

FIRST_ORDER = 5_000_000
FIRST_CUSTOMER = 200_000
ORDER_HEADER = "order_id,order_date,product,label,category,quantity,unit_price,customer,channel,device,region"


@dataclass(frozen=True)
class WrittenFile:
    """A file to import: where it is, its kind, and the source (stream of files) it belongs to."""

    path: Path
    kind: str
    source: str


@dataclass(frozen=True)
class Figures:
    """Daily figures of a department: columns are (days, *dimensions) arrays, divided by their scale on paper."""

    source: str
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    columns: dict[str, Ints]
    scales: dict[str, int]


def write(story: Story, folder: Path) -> list[WrittenFile]:
    """Write all files into ``folder``, in the order in which they are best imported."""
    figures = [_write_figures(story, one, folder) for one in daily_figures(story)]
    return [*_write_orders(story, folder), *figures]


def daily_figures(story: Story) -> list[Figures]:
    """Everything but the orders, as the departments would export it."""
    return [
        _audience(story),
        _advertising(story),
        *_warehouse(story),
        *_logistics(story),
        _service(story),
        _site(story),
    ]


def _audience(story: Story) -> Figures:
    funnel = story.funnel
    names = (
        "sessions",
        "visitors",
        "bounces",
        "page_views",
        "carts",
        "checkouts",
        "payment_attempts",
        "payment_failures",
    )
    columns = {name: getattr(funnel, name) for name in names}
    return Figures("audience", (("channel", CHANNELS), ("device", DEVICES)), columns, {})


def _advertising(story: Story) -> Figures:
    ads = story.advertising
    columns = {
        "ad_spend": ads.spend_cents,
        "ad_impressions": ads.impressions,
        "ad_clicks": ads.clicks,
        "ad_orders": ads.orders,
        "ad_revenue": ads.revenue_cents,
    }
    names = tuple(f"{campaign.channel}|{campaign.name}" for campaign in CAMPAIGNS)
    return Figures(
        "advertising", (("channel|campaign", names),), columns, {"ad_spend": 100, "ad_revenue": 100}
    )


def _warehouse(story: Story) -> list[Figures]:
    margin, back, stock = story.margin, story.returns, story.stock
    by = (("category", NAMES),)
    money = {
        "sales_excl_vat": margin.sales_cents,
        "cost_of_goods": margin.cost_cents,
        "discounts": margin.discount_cents,
    }
    returned = {
        "returned_units": back.units,
        "refunds": back.refund_cents,
        "refund_count": back.refunds,
        "refund_days_total": back.wait_days,
    }
    held = {
        "sku_days": stock.sku_days,
        "stockout_days": stock.stockout_days,
        "stock_value": stock.value_cents,
    }
    return [
        Figures("margin", by, money, dict.fromkeys(money, 100)),
        Figures("returns", by, returned, {"refunds": 100}),
        Figures("stock", by, held, {"stock_value": 100}),
    ]


def _logistics(story: Story) -> list[Figures]:
    parcels, pickup = story.delivery, story.pickup
    delivered = {
        "deliveries": parcels.deliveries,
        "deliveries_on_time": parcels.on_time,
        "delivery_incidents": parcels.incidents,
        "delivery_days_total": parcels.days_total,
        "delivery_cost": parcels.cost_cents,
    }
    collected = {"click_collect_orders": pickup.orders, "click_collect_ready_2h": pickup.ready_2h}
    return [
        Figures("delivery", (("region", REGIONS), ("carrier", CARRIERS)), delivered, {"delivery_cost": 100}),
        Figures("click_collect", (("region", REGIONS),), collected, {}),
    ]


def _service(story: Story) -> Figures:
    service = story.service
    columns = {
        "contacts": service.contacts,
        "first_response_hours_total": service.response_centihours,
        "first_contact_resolved": service.resolved,
        "csat_sum": service.csat_sum,
        "csat_answers": service.csat_answers,
        "promoters": service.promoters,
        "detractors": service.detractors,
        "nps_answers": service.nps_answers,
    }
    return Figures("service", (), columns, {"first_response_hours_total": 100})


def _site(story: Story) -> Figures:
    site = story.site
    columns = {
        "minutes_total": np.full_like(site.minutes_up, 1440),
        "minutes_up": site.minutes_up,
        "measured_page_views": site.measured,
        "slow_page_views": site.slow,
        "searches": site.searches,
        "searches_without_result": site.without_result,
    }
    return Figures("site", (("device", DEVICES),), columns, {})


def _write_figures(story: Story, figures: Figures, folder: Path) -> WrittenFile:
    """One row per day and segment; segments in which nothing happened that day are left out."""
    codes = "|".join(code for code, _values in figures.dimensions)
    header = ",".join(["date", *figures.columns, *filter(None, codes.split("|"))])
    columns = [
        column[WARM_UP_DAYS:].reshape(len(story.setting.days) - WARM_UP_DAYS, -1)
        for column in figures.columns.values()
    ]
    row, cell = np.nonzero(np.any([column != 0 for column in columns], axis=0))
    texts = [_dates(story, row)]
    texts += [
        _numbers(c[row, cell], figures.scales.get(name, 1))
        for name, c in zip(figures.columns, columns, strict=True)
    ]
    if figures.dimensions:
        texts.append(_pick(_segments(figures.dimensions), cell))
    path = folder / f"{figures.source}.csv"
    _write_lines(path, header, texts)
    return WrittenFile(path, "facts", figures.source)


def _segments(dimensions: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """The text of each combination of dimension values, first dimension slowest."""
    texts = [""]
    for _code, values in dimensions:
        texts = [f"{text},{value.replace('|', ',')}" for text in texts for value in values]
    return [text[1:] for text in texts]


def _dates(story: Story, row: Ints) -> list[str]:
    return _pick(np.datetime_as_string(story.setting.days[WARM_UP_DAYS:]).tolist(), row)


def _times(story: Story, day: Ints, second: Ints) -> list[str]:
    stamps = np.datetime_as_string(story.setting.days[day] + second.astype("m8[s]"), unit="s")
    return [stamp.replace("T", " ") for stamp in stamps.tolist()]


def _numbers(values: Ints, scale: int) -> list[str]:
    if scale == 1:
        return [str(value) for value in values.tolist()]
    return [f"{value / scale:.2f}" for value in values.tolist()]


def _pick(texts: Sequence[str], index: Ints) -> list[str]:
    return [texts[i] for i in index.tolist()]


def _write_lines(path: Path, header: str, columns: Sequence[Sequence[str]]) -> None:
    rows = map(",".join, zip(*columns, strict=True))
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def _write_orders(story: Story, folder: Path) -> Iterator[WrittenFile]:
    """One file a year: sales and credit notes together, by time."""
    orders, lines, credits = story.orders, story.lines, story.credits
    rows = _order_rows(
        story, np.arange(lines.order.size), orders.day[lines.order], orders.second[lines.order], "", 1
    )
    rows += _order_rows(story, credits.line, credits.day, credits.second, "C", -1)
    day = np.concatenate([orders.day[lines.order], credits.day])
    second = np.concatenate([orders.second[lines.order], credits.second])
    position = np.lexsort((np.arange(day.size), second, day))
    year = story.setting.days.astype("M8[Y]").astype(int)[day] + 1970
    written: Bools = day >= WARM_UP_DAYS
    for one in np.unique(year[written]).tolist():
        path = folder / f"orders_{one}.csv"
        chosen = position[(written & (year == one))[position]]
        path.write_text("\n".join([ORDER_HEADER, *_pick(rows, chosen), ""]), encoding="utf-8")
        yield WrittenFile(path, "orders", "shop")


def _order_rows(story: Story, line: Ints, day: Ints, second: Ints, prefix: str, sign: int) -> list[str]:
    """The text of each sold (or credited) line."""
    orders, lines, goods = story.orders, story.lines, story.shelf
    order, product = lines.order[line], lines.product[line]
    customer = orders.customer[order]
    where = (orders.channel * len(DEVICES) + orders.device) * len(REGIONS) + orders.region
    places = _segments((("channel", CHANNELS), ("device", DEVICES), ("region", REGIONS)))
    columns = [
        [f"{prefix}{number}" for number in (FIRST_ORDER + order).tolist()],
        _times(story, day, second),
        _pick(
            [
                f'{code},"{label}",{NAMES[c]}'
                for code, label, c in zip(goods.codes, goods.labels, goods.category.tolist(), strict=True)
            ],
            product,
        ),
        [str(sign * quantity) for quantity in lines.quantity[line].tolist()],
        _numbers(lines.unit_cents[line], 100),
        ["" if number == 0 else str(FIRST_CUSTOMER + number) for number in customer.tolist()],
        _pick(places, where[order]),
    ]
    return list(map(",".join, zip(*columns, strict=True)))
