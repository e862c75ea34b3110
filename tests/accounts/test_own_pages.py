"""Language, theme and the other things a person chooses for themselves."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


def test_pages_are_in_the_language_of_the_person_not_of_the_browser(cast: Cast, as_: SignIn) -> None:
    cast.member.language = "fr"
    cast.member.save()
    page = as_(cast.member).get(reverse("preferences"), headers={"Accept-Language": "en"})
    assert '<html lang="fr"' in page.content.decode()


def test_a_signed_out_page_follows_the_browser_then_the_choice(cast: Cast, client: Client) -> None:
    english = client.get(reverse("account_login"), headers={"Accept-Language": "en"})
    assert '<html lang="en"' in english.content.decode()
    back = client.post(reverse("set_language"), {"language": "fr", "next": reverse("account_login")})
    assert back["Location"] == reverse("account_login")
    french = client.get(reverse("account_login"), headers={"Accept-Language": "en"})
    assert '<html lang="fr"' in french.content.decode()


def test_the_choice_of_language_stays_with_the_person(cast: Cast, as_: SignIn) -> None:
    as_(cast.member).post(reverse("set_language"), {"language": "fr"})
    cast.member.refresh_from_db()
    assert cast.member.language == "fr"


@pytest.mark.parametrize("language", ["de", "", "fr'; --"])
def test_an_unknown_language_changes_nothing(cast: Cast, as_: SignIn, language: str) -> None:
    as_(cast.member).post(reverse("set_language"), {"language": language})
    cast.member.refresh_from_db()
    assert cast.member.language == "en"


def test_the_way_back_stays_on_this_site(cast: Cast, client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "fr", "next": "https://elsewhere.example/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_the_theme_reaches_the_page(cast: Cast, as_: SignIn, theme: str) -> None:
    client = as_(cast.member)
    assert client.post(reverse("set_theme"), {"theme": theme}).status_code == 302
    assert f'data-theme="{theme}"' in client.get(reverse("preferences")).content.decode()


def test_preferences_save_name_language_and_theme_and_nothing_else(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.member)
    data = {
        "full_name": "Léa P.",
        "language": "fr",
        "theme": "dark",
        "role": "administrator",
        "email": "x@y.fr",
    }
    assert client.post(reverse("preferences"), data)["Location"] == reverse("preferences")
    saved = User.objects.get(pk=cast.member.pk)
    assert (saved.full_name, saved.language, saved.theme) == ("Léa P.", "fr", "dark")
    assert (saved.role, saved.email) == (cast.member.role, cast.member.email)


def test_a_wrong_preference_is_told_and_kept_out(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.member)
    page = client.post(reverse("preferences"), {"full_name": "", "language": "fr", "theme": "dark"})
    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"full_name"}
    assert User.objects.get(pk=cast.member.pk).language == "en"


@pytest.mark.parametrize(
    ("role", "entry"), [("administrator", True), ("director", True), ("analyst", False), ("member", False)]
)
def test_navigation_shows_what_the_door_lets_through(cast: Cast, as_: SignIn, role: str, entry: bool) -> None:
    page = as_(cast.person(role)).get(reverse("preferences")).content.decode()
    assert (f'href="{reverse("people_list")}"' in page) is entry


@pytest.mark.parametrize(
    "target", ["2147483648", "http://[", "//evil.example", "people_list", "/\\evil.example"]
)
def test_one_is_only_sent_back_to_a_page_here(
    cast: Cast, as_: Callable[[User | None], Client], target: str
) -> None:
    for name in ("set_language", "set_theme"):
        answer = as_(cast.member).post(reverse(name), {"next": target, "language": "fr", "theme": "dark"})
        assert (answer.status_code, answer["Location"]) == (302, "/")
