"""With LOG_FORMAT=json every line of a running instance is a JSON object; what a request caused carries its name."""

import io
import json
import logging
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import User
from config.logs import logging_settings
from config.request_log import HEADER
from config.response_headers import SECRET_ARGUMENTS
from runtime.environment import one_of
from tests.cast import Cast
from tests.runtime.helpers import Running, eventually, manage, supervisor

SignIn = Callable[[User | None], Client]
CSRF = "a" * 32
SIGNED_IN = """
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from accounts.models import User
person = User.objects.create(email="ines@martel.example", full_name="Ines", role="analyst")
client = Client()
client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
print(person.pk, client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], None]) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("logs") / "home"
    furnished(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOG_FORMAT", "json")
        patch.setenv("LOG_LEVEL", "DEBUG")
        with supervisor(home) as running:
            yield running


def said(running: Running, **like: Any) -> list[dict[str, Any]]:
    """Every line so far that says this; each line is an object, whole, with what every line has."""
    lines = [json.loads(line) for line in running.output.read_text().splitlines()]
    assert all({"event", "level", "timestamp", "process"} <= line.keys() for line in lines)
    return [line for line in lines if like.items() <= line.items()]


def ask(running: Running, path: str, headers: dict[str, str], data: bytes | None = None) -> tuple[int, str]:
    """Status of an answer and the name it was given."""
    request = urllib.request.Request(running.state["url"] + path, data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers[HEADER]
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers[HEADER]


@pytest.fixture(scope="module")
def signed_in(running: Running) -> tuple[int, str]:
    """The id of an analyst, and the cookie of their session; there are figures to compute."""
    file = running.home.with_name("audience.csv")
    file.write_text("date,sessions\n" + "".join(f"2026-09-{day:02},{100 + day}\n" for day in range(1, 31)))
    assert manage(running.home, "import_data", str(file)).returncode == 0
    person, session = manage(running.home, "shell", "-v0", "-c", SIGNED_IN).stdout.split()
    return int(person), f"sessionid={session}; csrftoken={CSRF}"


@pytest.mark.processes
@pytest.mark.xdist_group("logs")
class TestRunning:
    def test_the_supervisor_says_it_is_ready_in_json(self, running: Running) -> None:
        (ready,) = [line for line in said(running, process="vigie") if "is ready" in line["event"]]
        assert ready["level"] == "info"

    def test_a_request_is_told_once_with_its_name(self, running: Running, signed_in: tuple[int, str]) -> None:
        person, cookie = signed_in
        name = "from-the-proxy.1"
        assert ask(running, "nights/", {"Cookie": cookie, HEADER: name}) == (200, name)
        eventually(lambda: said(running, request_id="from-the-proxy.1"), 5)
        (line,) = said(running, request_id="from-the-proxy.1")
        assert line["ms"] > 0
        about = ("event", "process", "method", "path", "status", "user")
        assert [line[key] for key in about] == ["request", "web", "GET", "/nights/", 200, person]

    def test_what_libraries_say_of_a_request_carries_its_name(self, running: Running) -> None:
        status, name = ask(running, "nothing-here", {})
        assert status == 404
        for logger in ("django.request", "vigie.request"):
            eventually(partial(said, running, request_id=name, logger=logger), 5)

    def test_a_task_carries_its_run_and_the_request_that_asked_for_it(
        self, running: Running, signed_in: tuple[int, str]
    ) -> None:
        _person, cookie = signed_in
        before = said(running, event="task", task="kpis.tasks.advance_night")
        form = {"Cookie": cookie, "X-CSRFToken": CSRF, HEADER: "the-night-asked-for"}
        status, _name = ask(running, "nights/run/", form, b"as_of=2026-09-30")
        assert status == 200
        wanted = {"event": "task", "request_id": "the-night-asked-for"}
        eventually(lambda: said(running, **wanted))
        line = said(running, **wanted)[0]
        about = ("process", "task", "state", "level")
        assert [line[key] for key in about] == ["worker", "kpis.tasks.advance_night", "SUCCESS", "info"]
        assert isinstance(line["run"], int)
        assert line["ms"] > 0
        assert len(before) < len(said(running, event="task", task="kpis.tasks.advance_night"))

    def test_deaths_and_what_they_make_others_say_are_json_too(self, running: Running) -> None:
        for child in ("worker", "web", "postgres"):
            os.kill(running.children[child], signal.SIGKILL)
            told = f"{child} stopped unexpectedly: starting it again"
            eventually(partial(said, running, event=told, process="vigie"))
        eventually(running.is_ready)
        assert running.stop() == 0
        assert said(running, event="Stopping")


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space", 'quoted"name', "ligne\ndeux", "é" * 10]
)
def test_a_name_that_is_none_is_not_taken_over(client: Client, db: None, given: str) -> None:
    name = client.get("/health", headers={HEADER: given})[HEADER]
    assert name != given
    assert len(name) == 32


def secret_addresses() -> list[str]:
    """An address of every route that holds a secret, and one with its end cut off."""
    routes = [(name, keys) for name, keys in _routes(get_resolver()) if keys & SECRET_ARGUMENTS]
    made = [
        reverse(name, kwargs={key: "the-way-in" if key in SECRET_ARGUMENTS else "1" for key in keys})
        for name, keys in routes
    ]
    return [*made, *(url.rpartition("the-way-in")[0] + "the-way-in" for url in made)]


def _routes(resolver: URLResolver) -> Iterator[tuple[str, frozenset[str]]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from _routes(found)
        else:
            yield str(found.name), frozenset(found.pattern.regex.groupindex)


@pytest.mark.parametrize("address", secret_addresses())
def test_an_address_that_is_a_secret_is_told_by_nobody(client: Client, db: None, address: str) -> None:
    """Not by us, nor by Django, which tells of what it refuses before it knows the address."""
    with listening() as told:
        client.get(address)
        client.put(address)
        client.get(address.replace("the-way-in", "./the-way-in"))
        client.get(f"{address}?x=1")
        client.get(address, headers={"host": "not-ours.example"})
        logging.getLogger("django.request").error("Service Unavailable: %s", address)
    assert "Service Unavailable" in told.getvalue()
    assert "the-way-in" not in told.getvalue()


@pytest.mark.parametrize(("address", "status"), [("/people/", 403), ("/nothing-here", 404)])
def test_a_refusal_is_a_line_without_a_traceback(cast: Cast, as_: SignIn, address: str, status: int) -> None:
    with listening() as told:
        assert as_(cast.analyst).get(address).status_code == status
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    (refused,) = [line for line in lines if line["logger"] == "django.request"]
    assert address in refused["event"]
    assert "exception" not in refused


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "elsewhere.example:99", "a b", "_", "évil", "[::9", "x" * 300]
)
@pytest.mark.parametrize("path", ["/", "/people/", "/health", "/static/css/base.css", "/nothing-here"])
def test_a_foreign_host_is_one_line_with_its_count_and_a_sentence(
    client: Client, db: None, host: str, path: str
) -> None:
    with listening() as told:
        answers = [client.get(path, headers={"host": host, "accept-language": "fr"}) for _time in range(3)]
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [answer.status_code for answer in answers] == [400] * 3
    assert "Aucun site ne répond à ce nom ici" in answers[0].content.decode()
    assert "exception" not in told.getvalue()
    counts = [line["foreign_hosts"] for line in lines]
    assert counts == list(range(counts[0], counts[0] + 3))
    assert {line["foreign_host"] for line in lines} == {host[:100]}


def send_many_fields(client: Client) -> Any:
    return client.post("/preferences/", {f"f{n}": "x" for n in range(5_000)})


def send_a_large_field(client: Client) -> Any:
    return client.post("/preferences/", {"full_name": "x" * 3_000_000})


def send_a_broken_boundary(client: Client) -> Any:
    return client.post("/preferences/", b"x", content_type="multipart/form-data; boundary=\xe9")


@pytest.mark.parametrize("send", [send_many_fields, send_a_large_field, send_a_broken_boundary])
def test_nonsense_is_refused_without_a_traceback(
    cast: Cast, as_: SignIn, send: Callable[[Client], Any]
) -> None:
    client = as_(cast.analyst)
    with listening() as told:
        assert send(client).status_code in (400, 413)
    assert "Traceback" not in told.getvalue()
    assert "exception" not in told.getvalue()


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as an instance writes it."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield told
    finally:
        root.removeHandler(handler)


def formatter() -> logging.Formatter:
    """That of the lines a running instance writes."""
    made = logging_settings("json", "INFO")["formatters"]["line"]
    kind: type[logging.Formatter] = made.pop("()")
    return kind(**made)


@pytest.mark.parametrize("name", ["LOG_FORMAT", "LOG_LEVEL"])
def test_a_style_that_does_not_exist_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "xml")
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be one of a, b"):
        one_of(name, ("a", "b"))


def test_it_costs_no_question(client: Client, db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/health")
