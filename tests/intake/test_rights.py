"""Who may do what with an import, by its kind: a confidential kind, and files whose kind nobody knows yet."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from accounts.access import Right
from accounts.checks import url_patterns
from accounts.models import User
from intake import kinds, runs
from intake.kinds import Field, Terms
from intake.models import ImportRun, State
from intake.tasks import run_import
from intake.work import perform
from kpis.models import NightlyRun
from kpis.pages.banners import night_banner
from tests.cast import ROLES, Cast
from tests.intake.conftest import Import
from tests.intake.test_dirty_files import GOOD, lines, padded
from tests.intake.toy import FIELDS, Tickets

SignIn = Callable[[Any], Client]


class Payslips(Tickets):
    """Of people: for the administrator alone, who is here the one with a right nobody else has."""

    code = "payslips"
    label = "Payslips"
    terms = Terms(see=Right.MANAGE_PEOPLE, write=Right.MANAGE_PEOPLE, raw=Right.MANAGE_PEOPLE)

    def fields(self) -> Sequence[Field]:
        return [Field("salary", "decimal", nullable=False), *FIELDS]

    def refuse(self, mapped: frozenset[str]) -> str | None:
        return None if "salary" in mapped else "A payslip has a salary."


PAYSLIPS = "ref,label,quantity,amount,sold_at,due,salary\n" + "\n".join(
    f"P-{n},Slip,1,1.5,2026-03-0{n} 10:00:00,2026-04-01,{n}999" for n in range(1, 7)
)
SECRETS = ("payslip", "dupont-march", "salary", "1999")  # of its kind, its file, its columns, its rows
CLOSED_TO = tuple(
    role for role in ROLES if role not in ("administrator", "anonymous")
)  # who is asked to sign in


@pytest.fixture(autouse=True)
def payslips(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> Payslips:
    kind = Payslips()
    monkeypatch.setattr(kinds, "_kinds", {tickets.code: tickets, kind.code: kind})
    return kind


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_import, "delay", lambda _: None)


@pytest.fixture
def secret(cast: Cast, imported: Import) -> ImportRun:
    """A payslip file with one row rejected, given by the administrator."""
    run = imported(PAYSLIPS + "\nbad,1999", name="dupont-march.csv", kind="payslips", by=cast.administrator)
    assert (run.state, run.rows_rejected) == (State.DONE, 1)
    return run


def said(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{response.headers.get('Location', '')} {content.decode(errors='replace')}".lower()


def intake_urls(run: ImportRun) -> Iterator[str]:
    """Every address of intake, of that run and of its kind where they are asked for."""
    for _route, pattern in url_patterns(get_resolver().url_patterns):
        name = str(pattern.name)
        if not name.startswith("import_"):
            continue
        if "kind" in pattern.pattern.converters:
            yield reverse(name, args=["payslips"])
        else:
            yield reverse(name, args=[run.pk] if "pk" in pattern.pattern.converters else [])


LISTS = (
    "/imports/",
    "/imports/?kind=payslips",
    "/imports/?q=dupont",
    "/imports/?state=done&sort=-kind",
    "/imports/?sort=rows_rejected",
    "/imports/?_export=csv",
    "/imports/?_export=csv&kind=payslips",
    "/nights/",
    "/nights/?_export=csv",
    "/",
    "/indicators/",
    "/deviations/",
    "/targets/",
    "/notifications/",
)


@pytest.mark.parametrize("role", CLOSED_TO)
def test_a_confidential_file_is_nowhere(role: str, cast: Cast, as_: SignIn, secret: ImportRun) -> None:
    client = as_(cast.person(role))
    of_run = [url for url in intake_urls(secret) if str(secret.pk) in url or "payslips" in url]
    assert len(of_run) == 6, "every address of a run is tried"
    refused = {403} if role == "outsider" else {404, 405}
    for url in of_run:
        for method in (client.get, client.post):
            response = method(url)
            assert response.status_code in refused, url
            assert not [word for word in SECRETS if word in said(response).replace(url, "")], url
    for url in (*LISTS, *intake_urls(secret)):
        words = (
            said(client.get(url))
            .replace(url.lower(), "")
            .replace("kind=payslips", "")
            .replace('"dupont"', "")
        )
        assert not [word for word in SECRETS if word in words], url
        assert f"/imports/{secret.pk}/" not in words
    secret.refresh_from_db()
    assert (secret.state, ImportRun.objects.count()) == (State.DONE, 1)


def test_who_may_see_it_sees_it_whole(cast: Cast, as_: SignIn, secret: ImportRun) -> None:
    """The table above can fail: the same words are there for who has the right."""
    client = as_(cast.administrator)
    page = said(client.get(secret.get_absolute_url()))
    assert "dupont-march.csv" in page
    assert "salary" in page
    assert "bad,1999" in said(client.get(reverse("import_rejects", args=[secret.pk])))
    listed = said(client.get("/imports/?kind=payslips"))
    assert "payslips" in listed
    assert "1 import" in listed
    assert "salary" in said(client.get(reverse("import_example", args=["payslips"])))
    assert client.post(reverse("import_undo", args=[secret.pk])).status_code == 302
    secret.refresh_from_db()
    assert secret.state == State.UNDONE


@pytest.mark.parametrize("role", ["member", "analyst", "director", "administrator"])
def test_counts_are_of_what_one_may_see(
    role: str, cast: Cast, as_: SignIn, imported: Import, secret: ImportRun
) -> None:
    imported(lines(GOOD), name="plain.csv")
    page = said(as_(cast.person(role)).get("/imports/"))
    assert ("2 imports" if role == "administrator" else "1 import</h2>") in page
    assert "plain.csv" in page


def test_a_file_turns_out_to_be_what_its_giver_may_not_import(
    cast: Cast, as_: SignIn, imported: Import
) -> None:
    """It is refused, says nothing of the kind, and stays a file of unknown kind."""
    run = imported(PAYSLIPS, by=cast.analyst)
    assert (run.state, run.kind, run.said) == (
        State.REFUSED,
        "auto",
        "This file holds what your role may not import.",
    )
    page = said(as_(cast.analyst).get(run.get_absolute_url()))
    assert "payslip" not in page
    assert as_(cast.director).get(run.get_absolute_url()).status_code == 404
    assert as_(cast.administrator).get(run.get_absolute_url()).status_code == 200


def test_the_columns_of_a_confidential_kind_are_not_told_to_who_may_not_import_it(
    cast: Cast, imported: Import, tickets: Tickets, payslips: Payslips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "_kinds", {payslips.code: payslips, tickets.code: tickets})
    run = imported("label,amount\nx,1\n", by=cast.analyst)
    assert run.said == "This file holds what your role may not import."
    assert imported("label,amount\nx,1\n", by=cast.administrator).said == "A payslip has a salary."


@pytest.mark.parametrize("how", ["form", "mapping"])
def test_a_kind_one_may_not_import_does_not_exist(how: str, cast: Cast, as_: SignIn) -> None:
    file = SimpleUploadedFile("march.csv", PAYSLIPS.encode())
    mapping = SimpleUploadedFile("m.toml", b'kind = "payslips"')
    data = (
        {"file": file, "kind": "payslips"}
        if how == "form"
        else {"file": file, "mapping": mapping, "kind": "auto"}
    )
    response = as_(cast.analyst).post(reverse("import_add"), data)
    assert response.status_code == 200
    assert not ImportRun.objects.exists()
    assert "salary" not in said(response)
    if how == "mapping":
        nothing = {
            **data,
            "file": SimpleUploadedFile("m.csv", b"x"),
            "mapping": SimpleUploadedFile("m.toml", b'kind = "q"'),
        }
        other = said(as_(cast.analyst).post(reverse("import_add"), nothing))
        assert "there is no kind of file called q." in other
        assert "there is no kind of file called payslips." in said(response)


def test_a_right_lost_while_the_file_waits_is_lost(cast: Cast, tmp_path: Any) -> None:
    path = tmp_path / "slips.csv"
    path.write_text(PAYSLIPS)
    run = runs.queue_import(path, filename="slips.csv", kind="payslips", by=cast.administrator)
    User.objects.filter(pk=cast.administrator.pk).update(role="analyst")
    assert perform(run.pk).state == State.REFUSED


# ---- files whose kind nobody knows --------------------------------------------------------------------------------


@pytest.fixture
def unknown(cast: Cast, imported: Import) -> ImportRun:
    run = imported("nobody,knows\n1,2\n", name="strange.csv", by=cast.analyst)
    assert (run.state, run.kind) == (State.REFUSED, "auto")
    return run


SEES_UNKNOWN = {"analyst", "administrator"}  # who gave it, and who may import every kind


@pytest.mark.parametrize("state", [State.QUEUED, State.READING, State.REFUSED, State.FAILED])
@pytest.mark.parametrize("claimed", ["auto", "tickets", "of_an_app_that_left"])
def test_a_file_of_unknown_kind_is_for_its_giver_and_for_who_may_import_all(
    state: State, claimed: str, cast: Cast, as_: SignIn, unknown: ImportRun
) -> None:
    """Also one that was called tickets by hand: what it holds was never read."""
    over = None if state in (State.QUEUED, State.READING) else timezone.now()
    ImportRun.objects.update(state=state, finished_at=over, kind=claimed)
    for role in set(ROLES) - {"anonymous", "outsider"}:
        client, sees = as_(cast.person(role)), role in SEES_UNKNOWN
        for url in (unknown.get_absolute_url(), f"/imports/{unknown.pk}/progress/"):
            assert (client.get(url).status_code != 404) == sees, (role, url)
        assert ("strange.csv" in said(client.get("/imports/?_export=csv"))) == sees, role


def test_a_refused_file_whose_kind_is_known_is_for_its_importers(
    cast: Cast, as_: SignIn, imported: Import
) -> None:
    run = imported("ref,quantity,sold_at\n" + "x,not a number,2026-01-01 10:00\n" * 9, by=cast.analyst)
    assert (run.state, run.kind) == (State.REFUSED, "tickets")
    assert as_(cast.director).get(run.get_absolute_url()).status_code == 200
    assert as_(cast.member).get(run.get_absolute_url()).status_code == 404


# ---- rows as they came --------------------------------------------------------------------------------------------


@pytest.fixture
def customers(tickets: Tickets) -> None:
    tickets.terms = Terms(see=Right.VIEW_FIGURES, write=Right.IMPORT_DATA, raw=Right.OPEN_RAW_ROWS)


@pytest.mark.parametrize(
    ("role", "opens"), [("director", True), ("administrator", True), ("analyst", False), ("member", False)]
)
@pytest.mark.usefixtures("customers")
def test_rows_of_others_take_a_right_of_their_own(
    role: str, opens: bool, cast: Cast, as_: SignIn, imported: Import
) -> None:
    """Without it, one is still told which line, and why, but not what stood there."""
    run = imported(padded("T9,Anna Dupont,much,1.5,2026-01-09 10:00:00,"))
    assert run.rows_rejected == 1
    client = as_(cast.person(role))
    page = said(client.get(run.get_absolute_url()))
    assert ("dupont" in page) == opens
    assert ("“much”" in page) == opens
    if role == "analyst":
        assert "“quantity”: “…” is not a number." in page
    assert client.get(reverse("import_rejects", args=[run.pk])).status_code == (200 if opens else 403)


@pytest.mark.usefixtures("customers")
def test_ones_own_rows_are_ones_own(cast: Cast, as_: SignIn, imported: Import) -> None:
    run = imported(padded("T9,Anna Dupont,much,1.5,2026-01-09 10:00:00,"), by=cast.analyst)
    client = as_(cast.analyst)
    assert "dupont" in said(client.get(run.get_absolute_url()))
    assert client.get(reverse("import_rejects", args=[run.pk])).status_code == 200
    User.objects.filter(pk=cast.analyst.pk).update(role="member")
    assert as_(cast.analyst).get(reverse("import_rejects", args=[run.pk])).status_code == 403


@pytest.mark.usefixtures("customers")
def test_a_fault_may_quote_a_row(cast: Cast, as_: SignIn, imported: Import) -> None:
    run = imported(padded("broken,Anna Dupont,1,1.5,2026-01-09 10:00:00,"))
    assert run.state == State.FAILED
    assert "traceback" in said(as_(cast.director).get(run.get_absolute_url()))
    assert "traceback" not in said(as_(cast.analyst).get(run.get_absolute_url()))


# ---- what speaks of imports elsewhere -----------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "told"), [("member", False), ("analyst", False), ("administrator", True)])
def test_the_banner_says_nothing_of_files_one_may_not_see(
    role: str, told: bool, cast: Cast, secret: ImportRun
) -> None:
    long_ago = timezone.now().replace(year=2020)
    NightlyRun.objects.create(as_of=timezone.localdate(), state="done", finished_at=long_ago)
    NightlyRun.objects.update(created_at=long_ago)
    with translation.override("en"):
        banner = night_banner(timezone.now(), cast.person(role))
    assert ("Files were imported or undone" in banner.text if banner else False) == told


def test_unchanged_names_no_run_one_may_not_see(
    cast: Cast, as_: SignIn, imported: Import, secret: ImportRun
) -> None:
    """The very same bytes, given by who may not import their kind, are refused as any of that kind are."""
    content = PAYSLIPS + "\nbad,1999"
    run = imported(content, name="copy.csv", by=cast.analyst)
    assert run.said == "This file holds what your role may not import."
    again = imported(content, name="copy.csv", by=cast.administrator)
    assert (again.state, str(secret.pk) in again.said) == (State.UNCHANGED, True)
    assert as_(cast.analyst).get(again.get_absolute_url()).status_code == 404


def test_a_kind_must_say_its_terms(imported: Import) -> None:
    class Silent:
        code, label = "silent", "Silent"

    with pytest.raises(TypeError, match="terms"):
        kinds.register(Silent())  # type: ignore[arg-type]  # the very fault
