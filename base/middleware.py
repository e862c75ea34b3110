"""The company of a request: known before the view, which writes sums of money too, and read once if at all."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from base import formats
from base.models import Company


class CompanyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        company = SimpleLazyObject(Company.current)
        request.company = company  # type: ignore[attr-defined]  # what base.context shows
        formats.use_currency(lambda: company.currency)
        return self.get_response(request)
