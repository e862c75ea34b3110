"""What a request says of hosts and addresses is believed by nobody: letters, redirects, limits and logs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.addresses import address_block, client_address
from accounts.models import User
from config.site import LOOPBACK, site
from tests.cast import PASSWORD, Cast

SignIn = Callable[[User | None], Client]
SITE = "https://vigie.martel.example"
NEW = "tout-autre-chose-42"
# What somebody sends who wants a letter to lead elsewhere; all of it passes Django's own check of hosts here.
HOSTILE: list[dict[str, str]] = [
    {"HTTP_HOST": "127.0.0.1:6666"},
    {"HTTP_HOST": "LOCALHOST:1"},
    {"HTTP_HOST": "[::1]:443"},
    {"HTTP_X_FORWARDED_HOST": "elsewhere.example", "HTTP_HOST": "localhost"},
    {
        "HTTP_X_FORWARDED_SERVER": "elsewhere.example",
        "HTTP_X_FORWARDED_PORT": "6666",
        "HTTP_HOST": "localhost",
    },
    {"HTTP_FORWARDED": "host=elsewhere.example;proto=http", "HTTP_HOST": "localhost"},
    {"HTTP_X_ORIGINAL_URL": "http://elsewhere.example/", "HTTP_HOST": "localhost"},
    {"HTTP_HOST": "elsewhere.example"},
]


def ask_reset(client: Client, cast: Cast) -> None:
    client.post(reverse("account_reset_password"), {"email": cast.member.email})


def change_password(client: Client, cast: Cast) -> None:
    client.force_login(cast.member, backend="allauth.account.auth_backends.AuthenticationBackend")
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post(reverse("account_change_password"), data)


def invite(client: Client, cast: Cast, role: str = "member") -> None:
    client.force_login(cast.administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    data = {"email": "new@martel.example", "full_name": "New", "role": role, "language": "en"}
    client.post(reverse("person_invite"), data)


def invite_for_two(client: Client, cast: Cast) -> None:
    """The role asked for waits: who may grant it is told too."""
    invite(client, cast, role="hr")


DOORS = [ask_reset, change_password, invite, invite_for_two]


@pytest.mark.django_db
@pytest.mark.parametrize("headers", HOSTILE, ids=lambda headers: " ".join(headers.values()))
@pytest.mark.parametrize("door", DOORS)
def test_no_letter_leads_where_a_request_says(
    cast: Cast, settings: Any, door: Callable[[Client, Cast], None], headers: dict[str, str]
) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, [*LOOPBACK, "elsewhere.example"]
    door(Client(REMOTE_ADDR="198.51.100.7", **headers), cast)  # type: ignore[arg-type]  # headers, by their WSGI names
    assert mail.outbox
    for letter in mail.outbox:
        text = str(letter.body)
        assert set(re.findall(r"\w+://[^/\s]*", text)) <= {SITE}
        assert "vigie.martel.example" in text
        assert not re.search(r"elsewhere|localhost|127\.0\.0\.1|::1|6666", text)


@pytest.mark.django_db
def test_the_link_to_copy_is_that_of_the_letter(cast: Cast, settings: Any, as_: SignIn) -> None:
    settings.SITE_URL = SITE
    client = as_(cast.administrator)
    invite(client, cast)
    person = User.objects.get(email="new@martel.example")
    page = client.get(reverse("person_detail", args=[person.pk])).content.decode()
    assert f"{SITE}/invitation/" in page
    assert "testserver/invitation" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("host", [*LOOPBACK, "127.0.0.1:8000", "[::1]:8000", "elsewhere.example", "127.1"])
def test_a_site_with_a_name_answers_to_it_only_but_for_health_checks(settings: Any, host: str) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, ["vigie.martel.example"]
    loopback = host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK
    for path in ("/sign-in/", "/password/reset/", "/health/", "/start/"):
        assert Client(HTTP_HOST=host).get(path).status_code == 400
    for path in ("/health", "/ready"):
        assert Client(HTTP_HOST=host).get(path).status_code == (200 if loopback else 400)
    assert Client(HTTP_HOST="vigie.martel.example").get("/sign-in/").status_code in (200, 302)


@pytest.mark.parametrize(
    ("said", "url", "hosts"),
    [
        ({}, "http://127.0.0.1:8123", list(LOOPBACK)),
        ({"url": SITE}, SITE, ["vigie.martel.example"]),
        ({"url": f"{SITE}/"}, SITE, ["vigie.martel.example"]),
        ({"url": "http://Vigie.local:81"}, "http://vigie.local:81", ["vigie.local"]),
        ({"url": "http://[2001:db8::1]:81"}, "http://[2001:db8::1]:81", ["[2001:db8::1]"]),
        ({"hosts": ["a.example", "b.example"], "https": True}, "https://a.example", ["a.example", "b.example"]),
        ({"hosts": ["a.example"]}, "http://a.example", ["a.example"]),
        ({"hosts": ["localhost"], "origins": ["http://localhost:81"]}, "http://localhost:81", ["localhost"]),
        ({"hosts": [".example", "a.example"], "origins": ["https://b.example"]}, "http://a.example", None),
        ({"hosts": ["*"], "origins": ["https://b.example"]}, "https://b.example", ["*", "b.example"]),
        ({"url": SITE, "hosts": ["old.example"]}, SITE, ["old.example", "vigie.martel.example"]),
    ],
)  # fmt: skip
def test_the_address_in_letters_is_what_is_configured(
    said: dict[str, Any], url: str, hosts: list[str] | None
) -> None:
    found = site_of(**said)
    assert found.url == url
    assert hosts is None or found.hosts == hosts
    assert not said or not set(LOOPBACK) & (set(found.hosts) - set(said.get("hosts", [])))


@pytest.mark.parametrize(
    "said",
    [
        {"url": "vigie.example"}, {"url": "ftp://vigie.example"}, {"url": "https://"}, {"url": "https://a.example/x"},
        {"url": "https://a.example?x"}, {"url": "https://user@a.example"}, {"url": "https://a.example:x"},
        {"url": "http://a.example", "https": True}, {"hosts": ["*"]}, {"hosts": [".example"]},
        {"url": "javascript://a.example"}, {"url": "//a.example"}, {"url": "https://[::1"},
    ],
)  # fmt: skip
def test_an_address_that_is_none_stops_the_start(said: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
        site_of(**said)


def site_of(**said: Any) -> Any:
    nothing = {"url": "", "hosts": [], "origins": [], "https": False, "served_at": "http://127.0.0.1:8123"}
    return site(**{**nothing, **said})


PEER = "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, None, PEER), (0, "198.51.100.7", PEER), (0, "198.51.100.7, 198.51.100.8", PEER),
        (1, "198.51.100.7", "198.51.100.7"), (1, "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        (2, "198.51.100.7, 10.0.0.1", "198.51.100.7"), (2, "1.1.1.1, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        # fewer than the proxies: it came another way
        (1, None, PEER), (1, "", PEER), (2, "198.51.100.7", PEER), (3, "198.51.100.7, 10.0.0.1", PEER),
        # none, or hardly an address
        (1, "unknown", PEER), (1, "198.51.100.7, ", PEER), (1, "_hidden", PEER), (1, "1.2.3.4.5", PEER),
        (1, "' OR 1=1 --", PEER), (1, "999.1.1.1", PEER), (1, ",,,,", PEER), (1, "0x7f.1", PEER), (1, "::ffff:", PEER),
        # as proxies write them
        (1, "198.51.100.7:5023", "198.51.100.7"), (1, "[2001:db8::7]:5023", "2001:db8::7"),
        (1, "2001:DB8:0::7", "2001:db8::7"), (1, "[2001:db8::7]", "2001:db8::7"), (1, "fe80::7%eth0", "fe80::7"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"), (1, '"[2001:db8::7]:1"', "2001:db8::7"),
    ],
)  # fmt: skip
def test_the_client_is_whom_the_trusted_proxies_saw(
    settings: Any, rf: RequestFactory, proxies: int, forwarded: str | None, client: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR=PEER)
    request.META |= {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(request) == client


@pytest.mark.parametrize(
    "header", ["X_REAL_IP", "CLIENT_IP", "FORWARDED", "TRUE_CLIENT_IP", "CF_CONNECTING_IP"]
)
def test_other_headers_say_nothing_of_the_client(settings: Any, rf: RequestFactory, header: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    request = rf.get("/", REMOTE_ADDR=PEER)
    request.META[f"HTTP_{header}"] = "198.51.100.7"
    assert client_address(request) == PEER


def test_a_connection_without_an_address_is_one_client(rf: RequestFactory) -> None:
    assert client_address(rf.get("/", REMOTE_ADDR="")) == "unknown"
    assert address_block("unknown") == "unknown"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True), ("2001:db8::1", "2001:db8:0:1::1", False),
        ("198.51.100.7", "198.51.100.8", False), ("::ffff:198.51.100.7", "198.51.100.7", True),
    ],
)  # fmt: skip
def test_one_client_has_all_of_its_ipv6_addresses(one: str, other: str, same: bool) -> None:
    assert (address_block(one) == address_block(other)) is same
