"""Every list of rows: one call gives its page, with filters, sort, saved views, pager, file and bulk actions."""

from accounts.lists.bulk import Bulk, BulkAction, Refused
from accounts.lists.page import list_page
from accounts.lists.paging import exported, paged

__all__ = ["Bulk", "BulkAction", "Refused", "exported", "list_page", "paged"]
