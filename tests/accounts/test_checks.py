"""The check that no URL is without a policy, and the backstop behind it, shown able to fail."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views import View

from accounts.access import PUBLIC, Policy, Right, may_open, policy_of, public, requires, type_of_view
from accounts.checks import every_url_has_a_policy, urls_without_policy
from accounts.middleware import SignInMiddleware
from tests.cast import Cast


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


def fresh() -> type_of_view:
    """A view of one's own to mark, since public() marks the function it is given."""

    def view(request: HttpRequest) -> HttpResponse:
        return bare(request)

    return view


class BareView(View):
    pass


def test_every_url_of_vigie_has_a_policy() -> None:
    assert every_url_has_a_policy() == []


def test_a_url_without_a_policy_is_found_however_deep() -> None:
    patterns: list[URLPattern | URLResolver] = [
        path("open/", public(fresh())),
        path("closed/", requires(Right.VIEW_FIGURES)(bare)),
        path("deep/", include(([path("er/", bare), path("class/", BareView.as_view())], "deep"))),
    ]
    assert urls_without_policy(patterns) == ["deep/er/", "deep/class/"]


def test_the_check_reports_it(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls_with_a_hole"
    (error,) = every_url_has_a_policy()
    assert error.id == "accounts.E001"
    assert "hole/" in error.msg


def test_a_view_without_a_policy_still_asks_to_sign_in(rf: Any) -> None:
    request = rf.get("/hole/")
    request.user = AnonymousUser()
    answer = SignInMiddleware(bare).process_view(request, bare, (), {})
    assert answer is not None
    assert answer.status_code == 302
    assert SignInMiddleware(bare).process_view(request, public(fresh()), (), {}) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", None])
def test_every_method_but_get_and_head_asks_for_the_right_to_write(method: str | None) -> None:
    policy = Policy(read=Right.VIEW_FIGURES, write=Right.SET_TARGETS)
    assert policy.right_for(method) == Right.SET_TARGETS
    assert policy.right_for("HEAD") == policy.right_for("GET") == Right.VIEW_FIGURES


def test_a_policy_wins_over_what_a_third_party_view_says_of_itself() -> None:
    declared = requires(Right.SIGNED_IN)(public(fresh()))
    assert policy_of(declared) == Policy(Right.SIGNED_IN, Right.SIGNED_IN)
    assert declared.login_required is True  # type: ignore[attr-defined]  # set by requires()


@pytest.mark.django_db
def test_may_open_follows_the_door(cast: Cast) -> None:
    closed = requires(Right.SET_TARGETS)(bare)
    assert may_open(cast.director, policy_of(closed))
    assert not may_open(cast.member, policy_of(closed))
    assert not may_open(cast.director, policy_of(bare))
    assert policy_of(public(fresh())) == PUBLIC
