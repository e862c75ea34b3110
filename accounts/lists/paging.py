"""What every list of rows does with the question asked: sorted, parted into pages, or given whole as a file."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.lists.exports import FORMATS, table_file

MOST_PER_PAGE = 200


def paged(request: HttpRequest, table: Any, per_page: int = 0) -> Any:
    """The table sorted and parted as the request asks; what it asks that cannot be is corrected.

    Rows of a page are ``per_page``, else as the table's ``Meta`` says, else 25, unless asked otherwise.
    """
    table.request = request
    columns = {column.name for column in table.columns}
    asked = request.GET.getlist(table.prefixed_order_by_field)
    order = [name for name in asked if name.removeprefix("-") in columns]
    if order:
        table.order_by = order
    usual = per_page or table._meta.per_page
    table.paginate(per_page=_rows(request.GET.get(table.prefixed_per_page_field, ""), usual))
    table.page = table.paginator.get_page(request.GET.get(table.prefixed_page_field))
    return table


def _rows(asked: str, usual: int) -> int:
    try:
        return min(max(1, int(asked)), MOST_PER_PAGE)
    except ValueError:
        return usual


def exported(request: HttpRequest, table: Any) -> HttpResponse | None:
    """The rows the list shows, over all its pages, with the hidden columns too, as a file; None when none was asked."""
    asked = request.GET.get("_export", "")
    return table_file(table, asked) if asked in FORMATS else None
