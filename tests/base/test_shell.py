"""What surrounds every page: navigation by right, lazy context, Plotly found without being imported."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import path

from accounts.access import Right, requires
from base import formats
from base.context import NAVIGATION, navigation, shell
from base.models import Company, Notification
from tests.cast import Cast


@requires(Right.VIEW_FIGURES)
def figures(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@requires(Right.MANAGE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def undecided(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", figures, name="home"),
    path("deviations/", figures, name="deviation_list"),
    path("targets/", undecided, name="target_list"),
    path("people/", people, name="people_list"),
    path("people/roles/", people, name="role_request_list"),
    path("notifications/", figures, name="notification_list"),
]


@pytest.fixture(autouse=True)
def currency_of_no_request() -> Iterator[None]:
    yield
    formats.use_currency()


def shown(user: Any, at: str = "/") -> dict[str, bool]:
    request = RequestFactory().get(at)
    request.user = user
    return {entry.name: entry.current for _, entries in navigation(request) for entry in entries}


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_navigation_shows_what_the_door_opens(cast: Cast) -> None:
    assert set(shown(cast.director)) == {"home", "deviation_list"}
    assert set(shown(cast.administrator)) == {"home", "deviation_list", "people_list", "role_request_list"}
    assert shown(cast.outsider) == {}
    assert shown(AnonymousUser()) == {}


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_navigation_marks_the_place(cast: Cast) -> None:
    assert shown(cast.director, "/deviations/12/") == {"home": False, "deviation_list": True}
    assert shown(cast.director, "/") == {"home": True, "deviation_list": False}


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_one_is_in_one_place(cast: Cast) -> None:
    """The innermost of two entries whose pages lie inside one another."""
    for address, place in (("/people/roles/3/", "role_request_list"), ("/people/3/", "people_list")):
        assert [name for name, current in shown(cast.administrator, address).items() if current] == [place]


def test_every_entry_has_its_own_name() -> None:
    names = [entry.name for _, entries in NAVIGATION for entry in entries]
    assert len(names) == len(set(names))


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_the_shell_asks_the_database_only_for_what_is_shown(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    request = RequestFactory().get("/")
    request.user = cast.director
    with django_assert_num_queries(0):
        context = shell(request)
    with django_assert_num_queries(2):  # the company, the unread notifications
        Template("{% extends 'layouts/page.html' %}").render(Context({**context, "request": request}))


@pytest.mark.django_db
def test_unread_notifications_are_one_s_own(cast: Cast) -> None:
    Notification.objects.create(user=cast.director, key="a", plain="A")
    Notification.objects.create(user=cast.member, key="a", plain="A")
    request = RequestFactory().get("/")
    request.user = cast.director
    assert shell(request)["unread_count"] == 1


@pytest.mark.django_db
def test_sums_of_money_are_in_the_currency_of_the_company() -> None:
    Company.objects.create(name="Martel", currency="CHF")
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    shell(request)
    assert "CHF" in formats.money(1200, locale="fr")
    request_finished.send(sender=None)
    assert "€" in formats.money(1200, locale="fr")


def test_plotly_is_found_and_only_its_browser_build() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert isinstance(found, str)
    assert found.endswith("plotly.min.js")
    assert finders.find("plotly/widgetbundle.js") is None


def test_finding_plotly_does_not_import_it() -> None:
    code = "from base.finders import package_folder; package_folder(); import sys; print('plotly' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
