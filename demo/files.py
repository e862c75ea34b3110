"""The files the demo company would export: orders by year, and one wide file of daily figures per department.

UTF-8, comma, decimal point, ISO dates: the plain dialect, so that the demo enters by the door of any file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from demo.catalogue import NAMES
from demo.company import Story
from demo.figures import Figures, daily_figures
from demo.world import CHANNELS, DEVICES, REGIONS, Bools, Days, Ints

FIRST_ORDER = 5_000_000
FIRST_CUSTOMER = 200_000
ORDER_HEADER = "order_id,order_date,product,label,category,quantity,unit_price,customer,channel,device,region"


# What pages call the streams of files, by their code.
SOURCES = {
    "shop": "Boutique en ligne",
    "audience": "Mesure d’audience",
    "advertising": "Régies publicitaires",
    "margin": "Marges",
    "returns": "Retours",
    "stock": "Stocks",
    "delivery": "Livraisons",
    "click_collect": "Retraits en magasin",
    "service": "Service client",
    "site": "Site",
}


@dataclass(frozen=True)
class WrittenFile:
    """A file to import: where it is, its kind, and the source (stream of files) it belongs to."""

    path: Path
    kind: str
    source: str


def write(story: Story, folder: Path, since: date | None = None) -> list[WrittenFile]:
    """Write the files of the days from ``since`` (default: the first) into ``folder``, in order of import."""
    start = story.setting.start if since is None else np.datetime64(since, "D")
    first = int((start - story.setting.days[0]).astype(int))
    figures = [_write_figures(story, one, folder, first) for one in daily_figures(story)]
    return [*_write_orders(story, folder, first), *figures]


def _write_figures(story: Story, figures: Figures, folder: Path, first: int) -> WrittenFile:
    """One row per day and segment; segments in which nothing happened that day are left out."""
    codes = "|".join(code for code, _values in figures.dimensions)
    header = ",".join(["date", *figures.columns, *filter(None, codes.split("|"))])
    days = story.setting.days[first:]
    columns = [column[first:].reshape(len(days), -1) for column in figures.columns.values()]
    row, cell = np.nonzero(np.any([column != 0 for column in columns], axis=0))
    texts = [_pick(np.datetime_as_string(days).tolist(), row)]
    for name, column in zip(figures.columns, columns, strict=True):
        texts.append(_numbers(column[row, cell], figures.scales.get(name, 1)))
    if figures.dimensions:
        texts.append(_pick(_segments(figures.dimensions), cell))
    path = folder / f"{figures.source}_{days[0]}_{days[-1]}.csv"
    _write_rows(path, header, map(",".join, zip(*texts, strict=True)))
    return WrittenFile(path, "facts", figures.source)


def _segments(dimensions: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """The text of each combination of dimension values, first dimension slowest."""
    texts = [""]
    for _code, values in dimensions:
        texts = [f"{text},{value.replace('|', ',')}" for text in texts for value in values]
    return [text[1:] for text in texts]


def _numbers(values: Ints, scale: int) -> list[str]:
    if scale == 1:
        return [str(value) for value in values.tolist()]
    return [f"{value / scale:.2f}" for value in values.tolist()]


def _pick(texts: Sequence[str], index: Ints) -> list[str]:
    return [texts[i] for i in index.tolist()]


def _write_rows(path: Path, header: str, rows: Iterator[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def _write_orders(story: Story, folder: Path, first: int) -> Iterator[WrittenFile]:
    """One file a year: sales and credit notes together, by time."""
    orders, lines, credits = story.orders, story.lines, story.credits
    day = np.concatenate([orders.day[lines.order], credits.day])
    second = np.concatenate([orders.second[lines.order], credits.second])
    line = np.concatenate([np.arange(lines.order.size), credits.line])
    position = np.lexsort((np.arange(day.size), second, day))
    position = position[day[position] >= first]
    year = story.setting.days.astype("M8[Y]").astype(int)[day] + 1970
    for one in np.unique(year[position]).tolist():
        rows = position[year[position] == one]
        sold = rows < lines.order.size
        days = story.setting.days[day[rows]]
        path = folder / f"orders_{days[0]}_{days[-1]}.csv"
        _write_rows(
            path, ORDER_HEADER, _order_rows(story, line[rows], sold, days + second[rows].astype("m8[s]"))
        )
        yield WrittenFile(path, "orders", "shop")


def _order_rows(story: Story, line: Ints, sold: Bools, at: Days) -> Iterator[str]:
    """The text of each sold or credited line; ``at`` is its time."""
    orders, lines = story.orders, story.lines
    order = lines.order[line]
    where = (orders.channel * len(DEVICES) + orders.device) * len(REGIONS) + orders.region
    places = _segments((("channel", CHANNELS), ("device", DEVICES), ("region", REGIONS)))
    columns = [
        [
            f"{'' if s else 'C'}{o}"
            for o, s in zip((FIRST_ORDER + order).tolist(), sold.tolist(), strict=True)
        ],
        [stamp.replace("T", " ") for stamp in np.datetime_as_string(at, unit="s").tolist()],
        _pick(_goods(story), lines.product[line]),
        [str(quantity) for quantity in np.where(sold, lines.quantity[line], -lines.quantity[line]).tolist()],
        _numbers(lines.unit_cents[line], 100),
        [str(FIRST_CUSTOMER + number) if number else "" for number in orders.customer[order].tolist()],
        _pick(places, where[order]),
    ]
    return map(",".join, zip(*columns, strict=True))


def _goods(story: Story) -> list[str]:
    """Code, label and category of each product, as in the file."""
    goods = story.shelf
    categories = _pick(NAMES, goods.category)
    return [
        f'{c},"{name}",{category}'
        for c, name, category in zip(goods.codes, goods.labels, categories, strict=True)
    ]
