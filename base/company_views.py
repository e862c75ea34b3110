"""The pages of the company and its calendar: what changes is said before it is kept."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, requires
from accounts.history import history_of
from base.calendar import EARLIEST, LATEST
from base.company import calendar_lines, company_change, consequences, event_save
from base.company_forms import CompanyForm, EventForm
from base.events import retail_events
from base.models import CalendarEvent, Company


@requires(Right.EDIT_CALENDAR)
@require_safe
def company_detail(request: HttpRequest) -> HttpResponse:
    """The company, and the events of a year: this one, or ``?year=``."""
    company, year = Company.current(), _year(request)
    context = {
        "company": company,
        "facts": _facts(company),
        "year": year,
        "lines": calendar_lines(year, company.country),
        "history": history_of(company),
    }
    return render(request, "base/company_detail.html", context)


def _year(request: HttpRequest) -> int:
    asked = request.GET.get("year", "")
    year = (
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else timezone.localdate().year
    )
    return min(max(year, EARLIEST.year), LATEST.year - 1)


def _facts(company: Company) -> list[tuple[Any, str]]:
    """What the form would say, in words."""
    form = CompanyForm(instance=company)
    rows = []
    for field in form:
        chosen = form.initial[field.name]
        words = dict(getattr(field.field, "choices", ()))
        values = chosen if isinstance(chosen, list) else [chosen]
        rows.append((field.label, ", ".join(str(words.get(value, value)) for value in values)))
    return rows


@requires(Right.EDIT_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def company_edit(request: HttpRequest) -> HttpResponse:
    """Change the company: what follows is shown first, and what was shown is what is saved."""
    form = CompanyForm(request.POST or None, instance=Company.current())
    follows = []
    if request.method == "POST" and form.is_valid():
        follows = consequences(Company.current(), form.instance)
        refused = any(found.refuses for found in follows)
        if not refused and (not follows or request.POST.get("shown") == form.fingerprint()):
            company_change(company=form.instance)
            messages.success(request, _("The changes are saved."))
            return redirect("company_detail")
    shown = form.fingerprint() if follows else ""
    return render(request, "base/company_form.html", {"form": form, "follows": follows, "shown": shown})


@requires(Right.EDIT_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def event_new(request: HttpRequest) -> HttpResponse:
    """An event of the company's, or with ``?code=&replaces=`` other dates for one of law and habit."""
    return _event_form(request, _replacing(request) or CalendarEvent())


def _replacing(request: HttpRequest) -> CalendarEvent | None:
    """A row for the usual event the address names; 404 where there is none."""
    code, day = request.GET.get("code", ""), request.GET.get("replaces", "")
    if not day:
        return None
    try:
        start = date.fromisoformat(day)
        usual = {
            e.start: e for e in retail_events([start.year], Company.current().country) if e.code == code
        }[start]
    except (ValueError, KeyError) as unknown:
        raise Http404 from unknown
    kept = CalendarEvent.objects.filter(code=code, replaces=start).first()
    return kept or CalendarEvent(code=code, replaces=start, start=usual.start, end=usual.end)


@requires(Right.EDIT_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def event_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _event_form(request, get_object_or_404(CalendarEvent, pk=pk))


def _event_form(request: HttpRequest, event: CalendarEvent) -> HttpResponse:
    form = EventForm(request.POST or None, instance=event)
    if request.method == "POST" and form.is_valid():
        try:
            event_save(event=form.instance)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The calendar is changed; the next night judges by it."))
            return redirect(_page_of(form.instance))
    return render(request, "base/event_form.html", {"form": form, "event": event})


def _page_of(event: CalendarEvent) -> str:
    day = event.start or event.replaces
    return f"{reverse('company_detail')}?year={day.year}#calendar" if day else reverse("company_detail")


@requires(Right.EDIT_CALENDAR)
@require_POST
def event_skip(request: HttpRequest) -> HttpResponse:
    """Say that an event of law or habit is not held."""
    event = _replacing(request)
    if event is None:
        raise Http404
    event.start = event.end = None
    event_save(event=event)
    messages.success(request, _("The calendar is changed; the next night judges by it."))
    return redirect(_page_of(event))


@requires(Right.EDIT_CALENDAR)
@require_POST
def event_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the company's own decision back: the usual dates, if any, hold again."""
    event = get_object_or_404(CalendarEvent, pk=pk)
    page = _page_of(event)
    event.delete()
    messages.success(request, _("The calendar is changed; the next night judges by it."))
    return redirect(page)
