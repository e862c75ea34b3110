"""What is typed on one line is kept on one line: names stand in letters, where a line break begins words of ours."""

import sys

import pytest
from django import forms
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from tests.cast import PASSWORD, Cast

OURS = ("accounts", "base", "intake", "kpis", "budgets", "steering", "teams", "cockpit")
BREAKS = ("\n", "\r\n", "\x0b", "\x85", "\u2028", "\u2029", "\x1b", "\u202e", "\u2066")


def fields_of_one_line() -> list[tuple[str, forms.CharField]]:
    """Of every form of ours that a page of ours has loaded."""
    get_resolver().url_patterns  # noqa: B018  # loads the views, which load the forms
    found: dict[str, forms.CharField] = {}
    for module in [module for name, module in sys.modules.items() if name.split(".")[0] in OURS]:
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, forms.BaseForm) and hasattr(form, "base_fields"):
                for name, field in form.base_fields.items():
                    is_line = isinstance(field, forms.CharField) and type(field.widget) is forms.TextInput
                    if is_line and form.__module__ != "base.design":  # whose samples are kept nowhere
                        found[f"{form.__name__}.{name}"] = field
    return sorted(found.items())


def test_there_are_such_fields() -> None:
    names = {name for name, _field in fields_of_one_line()}
    assert names >= {"PersonForm.full_name", "PreferencesForm.full_name", "TeamForm.name", "CompanyForm.name"}


@pytest.mark.parametrize(("name", "field"), fields_of_one_line())
def test_what_is_typed_on_one_line_stays_on_one(name: str, field: forms.CharField) -> None:
    for sign in BREAKS:
        try:
            kept = field.clean(f"Anne{sign}Bcc: all@x.example")
        except ValidationError:
            continue
        assert kept == "Anne Bcc: all@x.example", (name, sign)


def test_a_name_writes_no_letter(cast: Cast) -> None:
    client = Client()
    client.post("/sign-in/", {"login": cast.administrator.email, "password": PASSWORD})
    lured = "Marc\r\n\r\nYour password is over: https://evil.example/\r\n\r\n"
    client.post("/preferences/", {"full_name": lured, "language": "en", "theme": "dark"})
    sent = {"email": "x@martel.example", "full_name": "X", "role": "member", "language": "en"}
    client.post("/people/invite/", sent)
    assert User.objects.get(pk=cast.administrator.pk).full_name.startswith("Marc Your password")
    assert "Marc Your password is over: https://evil.example/ gives you access" in str(mail.outbox[-1].body)
