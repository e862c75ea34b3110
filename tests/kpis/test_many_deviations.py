"""What is done to many deviations of the list at once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import User
from base.handling import actions
from base.models import Notification
from kpis.models import Deviation
from kpis.views.deviations import BULK
from tests.cast import Cast
from tests.kpis.shop import LAST, days_before, deviation, open_shop

SignIn = Callable[[User | None], Client]
LIST = "/deviations/"


@pytest.fixture(autouse=True)
def shop(db: None, tmp_path: Path) -> None:
    open_shop(tmp_path)


def boxes(client: Client, query: str = "") -> list[str]:
    table = client.get(f"{LIST}{query}").context["table"]
    return [table.bulk.value(row.record) for row in table.paginated_rows]


def said(answer: Any) -> list[str]:
    assert answer.status_code == 302, answer.content.decode()
    return [str(message) for message in get_messages(answer.wsgi_request)]


def three() -> list[Deviation]:
    return [deviation(start=days_before(n), end=days_before(n), money=-100.0 + n) for n in range(3)]


def test_many_are_acknowledged_and_who_was_first_stands(cast: Cast, director: Client) -> None:
    first, *others = three()
    rows = boxes(director)
    actions.acknowledge(item=others[0], by=cast.manager, at=timezone.now())
    told = said(director.post(f"{LIST}?sort=-start", {"action": "acknowledge", "row": rows}))
    assert told[0] == "Acknowledge: done for 2 of 3."
    assert "changed meanwhile" in told[1]
    assert len(told) == 2
    for one in (first, *others):
        one.refresh_from_db()
    assert [one.acknowledged_by for one in (first, *others)] == [cast.director, cast.manager, cast.director]
    told = said(director.post(LIST, {"action": "acknowledge", "row": boxes(director)[:1]}))
    assert any("acknowledged by Claire Martel" in one for one in told)


def test_setting_many_aside_asks_once_for_day_and_reason(cast: Cast, director: Client) -> None:
    open_, _second, _third = three()
    closed = deviation("orders", state="closed", closed_on=LAST)
    given = {"action": "snooze", "row": [*boxes(director)[:2], *boxes(director, "?state=closed")]}
    asked = director.post(LIST, given).content.decode()
    assert "3 rows" in asked
    assert asked.count('type="hidden" name="row"') == 3
    tomorrow = timezone.localdate() + timedelta(days=1)
    again = director.post(LIST, {**given, "confirmed": "1", "until": tomorrow, "reason": ""}).content.decode()
    assert "Please correct what follows" in again
    assert f'value="{tomorrow}"' in again
    told = said(director.post(LIST, {**given, "confirmed": "1", "until": tomorrow, "reason": "Sales"}))
    assert told[0] == "Snooze: done for 2 of 3."
    assert "closed already" in told[1]
    open_.refresh_from_db()
    closed.refresh_from_db()
    assert (open_.state, open_.snooze_reason, closed.state) == ("snoozed", "Sales", "closed")


def test_many_are_given_and_told(cast: Cast, director: Client) -> None:
    three()
    given = {"action": "assign", "row": boxes(director), "confirmed": "1", "owner": cast.manager.pk}
    assert said(director.post(LIST, given)) == ["Assign: done for 3 of 3."]
    assert Notification.objects.filter(user=cast.manager).count() == 3
    refused = director.post(LIST, {**given, "row": boxes(director), "owner": cast.member.pk})
    assert "Please correct what follows" in refused.content.decode()


def test_nobody_is_given_what_they_may_not_read(cast: Cast, as_: SignIn) -> None:
    """Closed to all but the director, who may then give it to no manager."""
    shown = deviation("orders")
    shown.indicator.right = "open_raw_rows"
    shown.indicator.save()
    director = as_(cast.director)
    given = {"action": "assign", "row": boxes(director), "confirmed": "1", "owner": cast.manager.pk}
    assert "may not open it" in said(director.post(LIST, given))[1]
    shown.refresh_from_db()
    assert shown.owner is None
    # Nor is it there for who names it all the same.
    told = said(as_(cast.manager).post(LIST, {**given, "action": "acknowledge", "row": [f"{shown.pk}:x"]}))
    assert told[0] == "Acknowledge: done for none."
    assert str(shown.indicator) not in " ".join(told)


def test_readers_tick_nothing_and_are_refused(cast: Cast, as_: SignIn) -> None:
    found = deviation()
    member = as_(cast.member)
    assert 'name="row"' not in member.get(LIST).content.decode()
    assert member.post(LIST, {"action": "acknowledge", "row": f"{found.pk}:"}).status_code == 403


def test_a_past_view_is_looked_at(director: Client) -> None:
    past = deviation(view=LAST)
    query = f"?as_of={LAST.isoformat()}"
    assert 'name="row"' not in director.get(f"{LIST}{query}").content.decode()
    told = said(director.post(LIST, {"action": "acknowledge", "row": BULK.value(past)}))
    assert "to look at, not to act on" in told[1]
    past.refresh_from_db()
    assert past.acknowledged_at is None
