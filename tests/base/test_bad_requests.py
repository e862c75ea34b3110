"""What no form sends is refused in words, not by a failure."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import Cast

SignIn = Callable[[User | None], Client]


@pytest.fixture
def analyst(cast: Cast, as_: SignIn) -> Client:
    User.objects.filter(pk=cast.analyst.pk).update(language="fr")
    return as_(User.objects.get(pk=cast.analyst.pk))


@pytest.mark.parametrize(
    "address", ["/targets/new/?indicator=%00", "/deviations/?indicator=1%00", "/?grain=a%00b"]
)
def test_a_nul_in_an_address_is_a_bad_request(analyst: Client, address: str) -> None:
    answer = analyst.get(address)
    assert answer.status_code == 400
    assert "Rien n’a été modifié" in answer.content.decode()


def test_a_nul_in_a_form_is_a_bad_request(analyst: Client) -> None:
    answer = analyst.post(
        reverse("target_new"), "indicator=orders%00&value=1", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(("start", "end"), [("0001-01-01", "9999-12-31"), ("9999-12-01", "9999-12-31")])
def test_days_no_calendar_reaches_are_refused_beside_their_field(
    analyst: Client, start: str, end: str
) -> None:
    answer = analyst.post(
        reverse("target_new"), {"start": start, "end": end, "segment": "{}", "indicator": "x"}
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors["end"]


@pytest.mark.parametrize("encoding", ["zlib", "idna", "undefined", "unicode_escape", "utf-16"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"])
def test_a_form_in_an_encoding_no_form_is_sent_in_is_a_bad_request(
    analyst: Client, encoding: str, kind: str
) -> None:
    body = b'--edge\r\nContent-Disposition: form-data; name="value"\r\n\r\n1\r\n--edge--\r\n'
    answer = analyst.generic("POST", reverse("target_new"), body, content_type=f"{kind}; charset={encoding}")
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["import_list", "deviation_list", "target_list", "night_list", "design"])
@pytest.mark.parametrize(
    ("asked", "rows"), [("-1", 1), ("0", 1), ("9" * 5000, 25), ("x", 25), ("7", 7), ("9999", 200)]
)
def test_the_rows_of_a_page_are_corrected(analyst: Client, name: str, asked: str, rows: int) -> None:
    answer = analyst.get(reverse(name), {"per_page": asked, "page": "none"})
    assert answer.context["table"].paginator.per_page == (5 if name == "design" and rows == 25 else rows)
    assert answer.context["table"].page.number == 1
