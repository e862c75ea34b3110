"""What each line of an order file is, by its amount and its words: a letter in an order's number turns nothing."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext_noop

from base.sentences import Sentence, keep, sentence
from intake.models import ImportRun
from kpis.models import CustomerOrder, LineKind, OrderLine, Source
from kpis.models.rows import LINE_RULES
from kpis.sources.orders.daily_facts import rebuild

ORDERS = CustomerOrder._meta.db_table
LINES = OrderLine._meta.db_table
CANCEL_PREFIX = "cancel_prefix"  # the part of a mapping that says how the numbers of credit notes begin
LEFT_OUT = {LineKind.ADJUSTMENT: "adjustments", LineKind.LEFT_OUT: "left_out"}  # by the name of their total
_FIRST_LINES = 5  # named in a warning

# Money written off or put right in the books: neither sold nor given back. The words tell of a debt, or stand alone,
# for a chair is "adjustable" and a screw is sold for "adjustment". An accent may be a letter of its own or a mark.
_E, _A = "[eéÉ]\u0301?", "[aäÄ]\u0308?"
_DEBTS = (
    "(bad|doubtful|uncollectible|irrecoverable)[- ]debts?",
    "(write|charge)[- ]?offs?",
    "written[- ]off",
    f"(mauvaises?|pertes? sur|abandons? de) cr{_E}ances?",
    f"cr{_E}ances? (irr{_E}couvrables?|irr{_E}cup{_E}rables?|douteuses?|perdues?)",
    "passages? en pertes?( et profits?)?",
    f"forderungs(ausf{_A}lle?|verluste?)",
    "(uneinbringlich|zweifelhaft)e[rn]? forderung(en)?",
    "wertberichtigung(en)?",
    "incobrables?",
    "dudoso cobro",
    "(perdit[ae] su|svalutazion[ei]( dei)?) crediti",
    "credit[oi] (inesigibil[ei]|in sofferenza)",
)
_ALONE = (
    "((manual|account|accounting|balance) )?adjustments?",
    "ajustements?( (comptables?|manuels?|de soldes?))?",
    f"r{_E}gularisations?( comptables?)?",
    "(korrektur|berichtigung|ausbuchung)(en|sbuchung(en)?|buchung(en)?)?",
    "ajustes?( (contables?|manual(es)?))?",
    "(rettific(a|he)|aggiustament[oi])( contabil[ei])?",
)
_ADJUSTED = rf"\m({'|'.join(_DEBTS)})\M|^\s*({'|'.join(_ALONE)})\s*$"


def kind_sql(line: str, gives_back: str, lines: str) -> str:
    """SQL text for the class of a line, exactly one each (data/reference/DEFINITIONS.md).

    A negative price beside sales (a discount, a payment by gift card) and what is negative twice are in no figure yet:
    they are told with their sum. In an order that gives back more than it sells, a negative price gives back.

    :param line: the alias of the line, with ``quantity``, ``unit_price`` and ``label``.
    :param lines: the table of the lines; each of its labels is looked at once, for the words are many.
    :param gives_back: SQL text that is true when its order gives back more than it sells.
    """
    quantity, price = f"{line}.quantity", f"{line}.unit_price"
    distinct = f"SELECT DISTINCT label FROM {lines} OFFSET 0"  # without it the words are sought in every line
    labels = f"SELECT label FROM ({distinct}) known WHERE label ~* '{_ADJUSTED}'"
    return f"""CASE
        WHEN {quantity} <> 0 AND {price} <> 0 AND {line}.label IN ({labels}) THEN {LineKind.ADJUSTMENT}
        WHEN {quantity} < 0 AND {price} > 0 THEN {LineKind.CANCELLATION}
        WHEN {quantity} > 0 AND {price} < 0 AND {gives_back} THEN {LineKind.CANCELLATION}
        WHEN {quantity} <> 0 AND {price} < 0 THEN {LineKind.LEFT_OUT}
        WHEN {quantity} > 0 AND {price} > 0 THEN {LineKind.SALE}
        WHEN {quantity} > 0 OR {quantity} = 0 AND {price} = 0 THEN {LineKind.ZERO_PRICE}
        ELSE {LineKind.STOCK_MOVEMENT} END"""


# Of the lines of an order: whether a negative price is among them and they sum to less than nothing.
GIVES_BACK = "min(unit_price) < 0 AND sum(quantity * unit_price) < 0"


def turn_credit_notes(cursor: Any, stage: str, prefix: str) -> list[Sentence]:
    """Credit notes that a file writes with positive amounts, as its mapping says: their quantities are turned round.

    An order that has a negative amount is left as it is: its signs say what is given back. Returns what to tell.
    """
    if not prefix:
        return []
    amount = "quantity * unit_price"
    cursor.execute(
        f"""UPDATE {stage} SET quantity = -quantity WHERE starts_with(upper(order_id), upper(%s)) AND {amount} > 0
        AND order_id NOT IN (SELECT order_id FROM {stage} WHERE {amount} < 0)""",
        [prefix],
    )
    said = gettext_noop(
        "Lines of orders that begin with %(prefix)s, written with a positive amount and read as "
        "given back because the mapping says so: %(count)s."
    )
    return [sentence(said, prefix=prefix, count=cursor.rowcount)]


class KindSum(NamedTuple):
    """What the lines of one class in a file come to; ``first`` are the numbers of its first lines."""

    kind: LineKind
    lines: int
    orders: int
    units: Decimal
    money: Decimal
    first: list[int]


def by_kind(run: ImportRun) -> list[KindSum]:
    """What a run holds, by class of its lines, in one look at them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT l.kind, count(*), count(DISTINCT l.order_id), sum(l.quantity), sum(l.amount),
                (array_agg(l.position ORDER BY l.position) FILTER (WHERE l.kind = ANY(%s)))[1:{_FIRST_LINES}]
            FROM {LINES} l JOIN {ORDERS} o ON o.id = l.order_id
            WHERE o.run_id = %s GROUP BY l.kind ORDER BY l.kind""",
            [list(LEFT_OUT), run.pk],
        )
        return [KindSum(LineKind(kind), *sums) for kind, *sums in cursor.fetchall()]


def say_left_out(kinds: Iterable[KindSum]) -> list[Sentence]:
    """What counts neither as sold nor as given back, each with its number of lines and its sum."""
    return [
        sentence(_TOLD[k.kind], count=k.lines, sum=float(k.money), lines=_numbers(k.first, k.lines))
        for k in kinds
        if k.kind in LEFT_OUT
    ]


def _numbers(first: Sequence[int], count: int) -> str:
    return ", ".join(map(str, first)) + (" …" if count > len(first) else "")


def totals(kinds: Iterable[KindSum]) -> dict[str, Decimal]:
    """What the file itself holds, by measure, to compare with the export's own totals; then what is in no figure."""
    found = {k.kind: k for k in kinds}
    sold, given = (
        found.get(kind, KindSum(kind, 0, 0, Decimal(0), Decimal(0), []))
        for kind in (LineKind.SALE, LineKind.CANCELLATION)
    )
    return {
        "gross_revenue": sold.money,
        "cancelled_value": -given.money,
        "orders": Decimal(sold.orders),
        "order_lines": Decimal(sold.lines),
        "units": sold.units,
        "cancelled_orders": Decimal(given.orders),
    } | {name: found[kind].money for kind, name in LEFT_OUT.items() if kind in found}


_TOLD = {
    LineKind.ADJUSTMENT: gettext_noop(
        "Adjustments, by their words: %(count)s (lines %(lines)s), %(sum)s in all. They count neither as "
        "sales nor as cancellations."
    ),
    LineKind.LEFT_OUT: gettext_noop(
        "Lines whose money counts in no figure: %(count)s (lines %(lines)s), %(sum)s in all. Their price is "
        "negative in an order that sells, like a discount or a payment by gift card, or quantity and price are both "
        "negative."
    ),
}


def reread() -> int:
    """Say again what the stored lines are where the rules have changed since, and rebuild their facts.

    Each run some of whose lines changed says so among its warnings. Returns the number of lines changed.
    """
    return sum(_reread(source) for source in Source.objects.filter(kind="orders", line_rules__lt=LINE_RULES))


def _reread(source: Source) -> int:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS giving_back")
        cursor.execute(
            f"""CREATE TEMP TABLE giving_back ON COMMIT DROP AS
            SELECT order_id FROM {LINES} WHERE order_id IN (SELECT order_id FROM {LINES} WHERE unit_price < 0)
            GROUP BY order_id HAVING {GIVES_BACK}"""
        )
        cursor.execute(
            f"""WITH now AS (
                SELECT l.order_id, l.position, o.run_id, o.day, {kind_sql("l", "g.order_id IS NOT NULL", LINES)} AS kind
                FROM {LINES} l JOIN {ORDERS} o ON o.id = l.order_id LEFT JOIN giving_back g ON g.order_id = o.id
                WHERE o.source_id = %s
            ), changed AS (
                UPDATE {LINES} l SET kind = now.kind FROM now
                WHERE (l.order_id, l.position) = (now.order_id, now.position) AND l.kind <> now.kind
                RETURNING now.run_id, now.day
            )
            SELECT run_id, count(*), min(day), max(day) FROM changed GROUP BY run_id ORDER BY run_id""",
            [source.pk],
        )
        changed = cursor.fetchall()
    for run_id, count, _low, _high in changed:
        _say_reread(ImportRun.objects.get(pk=run_id), count)
    if changed:
        low, high = min(row[2] for row in changed), max(row[3] for row in changed)
        rebuild(source=source, start=low, end=high, dimensions=[])
    Source.objects.filter(pk=source.pk).update(line_rules=LINE_RULES)
    return sum(row[1] for row in changed)


def _say_reread(run: ImportRun, count: int) -> None:
    said = gettext_noop(
        "An upgrade read the orders of this file again, by their amounts and words and no longer by a letter of the "
        "order number. Lines that are something else now: %(count)s. Figures read before may have changed."
    )
    kinds = by_kind(run)
    run.warnings = [*run.warnings, keep(sentence(said, count=count)), *map(keep, say_left_out(kinds))]
    run.totals = {code: str(total) for code, total in totals(kinds).items()}
    run.save(update_fields=["warnings", "totals"])
