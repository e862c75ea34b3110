"""French says everything that English says, nothing reaches a reader unmarked, and each guard can fail."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.utils import translation
from django.utils.translation import ngettext

from runtime.messages import read, said, strings, texts, update
from tests.guards.floors import FLOORS, ROOT
from tests.guards.untranslated import Fault, in_code, in_template

FRENCH = ROOT / "locale/fr/LC_MESSAGES/django.po"
FIELDS = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")
# A mark glued to its word or after a space that may break, where French wants U+202F; a straight apostrophe.
LOOSE_MARK = re.compile(r"[ \u00a0][;:!?»]|«(?!\u202f)|(?<!\u202f)»|\w[;:!?](?:\s|$)|\w'\w|\d [%€]")
# Product names as a shop’s files write them, names of before a migration, and the mistakes planted below.
DATA = {"demo/catalogue.py", "tests/guards/test_translations.py", "tests/kpis/test_names_migration.py"}
COUNTED_WORDS = re.compile(r"(?<!of )%\((?:count|n|shown|left|rows|days|total)\)[sd] [a-z]+s\b")


@cache
def english() -> Catalog:
    return said(ROOT)


@cache
def french() -> Catalog:
    return read(FRENCH)


def entries(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def unsaid(known: Catalog, now: Catalog) -> list[str]:
    """The msgids of ``now`` that ``known`` lacks, leaves empty or only guesses."""
    return [
        " / ".join(texts(message))
        for message in entries(update(known, now))
        if message.fuzzy or not all(strings(message))
    ]


def test_every_sentence_is_said_in_french() -> None:
    assert len(english()) > 800, "the guard reads no sentence"
    assert unsaid(french(), english()) == [], "python -m runtime.messages, then translate what is empty"


def said_twice(catalogue: str) -> list[str]:
    """The msgids, with their context, that a catalogue holds twice: of two translations one is lost."""
    found = re.findall(r'^(?:msgctxt (".*")\n)?msgid ((?:".*"\n)+)', catalogue, re.MULTILINE)
    return [" ".join(entry) for entry, count in Counter(found).items() if count > 1]


def test_each_sentence_is_said_once() -> None:
    assert said_twice(FRENCH.read_text()) == []
    assert said_twice(
        'msgid "a"\nmsgstr "x"\n\nmsgctxt "c"\nmsgid "a"\nmsgstr "y"\n\nmsgid "a"\nmsgstr "z"\n'
    ) == [' "a"\n']


def test_the_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    gone = {(m.context, texts(m)) for m in entries(french())} - {
        (m.context, texts(m)) for m in entries(english())
    }
    assert sorted(map(str, gone)) == [], "python -m runtime.messages --forget"


@pytest.mark.parametrize(
    "planted",
    ['gettext("Brand new")', '_now("Brand new")', "f\"{_now('Brand new')} 3\"", 'late("c", "Brand new")'],
)
def test_a_new_sentence_is_found_under_any_name(tmp_path: Path, planted: str) -> None:
    names = "gettext, gettext as _now, pgettext_lazy as late"
    (tmp_path / "new.py").write_text(f"from django.utils.translation import {names}\n{planted}\n")
    assert unsaid(french(), said(tmp_path)) == ["Brand new"]


def test_a_new_sentence_of_a_template_is_found(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/new.html").write_text(
        '  {% translate "One" %}\n {% banner "warn" _("Two") %}{{ x|default:_("Three") }}\n'
        "    {% blocktranslate trimmed count n=n %}\n {{ n }} four\n{% plural %}{{ n }} fours{% endblocktranslate %}"
    )
    assert unsaid(french(), said(tmp_path)) == ["One", "Two", "Three", "%(n)s four / %(n)s fours"]


@pytest.mark.parametrize(("flags", "string"), [((), ""), (("fuzzy",), "Peut-être")])
def test_an_empty_or_guessed_translation_is_found(flags: tuple[str, ...], string: str) -> None:
    known, now = Catalog(locale="fr"), Catalog()
    known.add("Perhaps", string, flags=flags)
    now.add("Perhaps")
    assert unsaid(known, now) == ["Perhaps"]


def test_gathering_keeps_what_was_translated_and_what_may_come_back(tmp_path: Path) -> None:
    known, now = Catalog(locale="fr"), Catalog()
    known.add("Kept", "Gardé")
    known.add("Gone", "Parti")
    now.add("Kept")
    once = update(known, now)
    assert once["Kept"].string == "Gardé"
    with (tmp_path / "django.po").open("w+b") as file:
        write_po(file, once)
        file.seek(0)
        again = read_po(file, locale="fr")
    now.add("Gone")
    assert unsaid(again, now) == []


# ---- what a translation may not lose


def misplaced(message: Message) -> bool:
    """Whether a translation has other placeholders than its English; a French plural may follow either form."""
    wanted = [sorted(FIELDS.findall(text)) for text in texts(message)]
    return any(sorted(FIELDS.findall(text)) not in wanted for text in strings(message))


def test_placeholders_are_the_same_on_both_sides() -> None:
    assert [message.id for message in entries(french()) if misplaced(message)] == []


@pytest.mark.parametrize("string", ["%(day)s, %(n)d", "%(day)s", "%(n)s %(jour)s", "{n}", "%(n)s %(day)s %%"])
def test_a_misplaced_placeholder_is_found(string: str) -> None:
    assert misplaced(Message("%(n)s on %(day)s", string))
    assert not misplaced(Message("%(n)s on %(day)s", "le %(day)s, %(n)s"))


def last_mark(text: str) -> str:
    return text[-1] if text[-1] in ":?!…" or (text[-1] == "." and " " in text) else ""


def test_a_sentence_ends_as_in_english() -> None:
    pairs = [(texts(message)[-1], text) for message in entries(french()) for text in strings(message)]
    assert [(one, other) for one, other in pairs if last_mark(one) != last_mark(other)] == []


def test_french_marks_never_start_a_line() -> None:
    said_in_french = [text for message in entries(french()) for text in strings(message)]
    assert [text for text in said_in_french if LOOSE_MARK.search(FIELDS.sub("x", text))] == []


@pytest.mark.parametrize(
    "string",
    [
        "Pourquoi ?",
        "Pourquoi?",
        "Mois: 3",
        "« x »",
        "«x\u202f»",
        "À faire\u00a0: ceci",
        "l'écart",
        "20 % des lignes",
    ],
)
def test_a_loose_mark_is_found(string: str) -> None:
    assert LOOSE_MARK.search(string)
    assert not LOOSE_MARK.search(
        "Pourquoi\u202f? «\u202fl’écart\u202f»\u202f: 3\u202f% à 10:30, https://x.example"
    )


FRENCH_ELISION = re.compile(r"(?i)(?<![\w’])(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|aujourd)'[aeiouyhàâéèêîôûœ]")


def test_french_in_code_and_docs_has_the_same_apostrophe() -> None:
    """The demonstration company's people and events, and what the documents cite."""
    places = [*sorted(set(FLOORS)), "docs", "templates", "tests"]
    files = [
        p
        for place in places
        for p in (ROOT / place).rglob("*.*")
        if p.suffix in {".py", ".md", ".html", ".txt"}
    ]
    assert len(files) > 300
    found = [(str(p.relative_to(ROOT)), line) for p in files for line in p.read_text().splitlines()]
    assert [(p, line) for p, line in found if FRENCH_ELISION.search(line) and p not in DATA] == []
    assert FRENCH_ELISION.search("l'écart")
    assert not FRENCH_ELISION.search("I don't, he'd; John's address")


def in_both(entry: object) -> Iterator[dict[str, str]]:
    """Every ``{fr = …, en = …}`` of a pack."""
    if isinstance(entry, dict):
        if {"fr", "en"} & set(entry):
            yield entry
        for value in entry.values():
            yield from in_both(value)
    elif isinstance(entry, list):
        for value in entry:
            yield from in_both(value)


def test_shipped_packs_speak_both_languages() -> None:
    for path in (ROOT / "kpis/packs").glob("*.toml"):
        found = list(in_both(tomllib.loads(path.read_text())))
        assert len(found) > 100
        assert [entry for entry in found if not entry.get("fr") or not entry.get("en")] == []
        assert [entry["fr"] for entry in found if LOOSE_MARK.search(entry["fr"])] == []


# ---- plurals


def plurals() -> list[tuple[str, str]]:
    return [(texts(m)[0], texts(m)[1]) for m in entries(english()) if not isinstance(m.id, str)]


def test_english_plurals_need_no_catalogue() -> None:
    assert len(plurals()) > 5, "the guard sees no plural"
    with translation.override("en"):
        for one, many in plurals():
            assert [ngettext(one, many, n) for n in (0, 1, 2)] == [many, one, many]


def test_french_has_its_own_plurals() -> None:
    """Nothing is singular in French: ``0 ligne``."""
    catalog = french()
    for one, _many in plurals():
        message = next(m for m in entries(catalog) if texts(m)[0] == one and not isinstance(m.id, str))
        assert len(strings(message)) == catalog.num_plurals == 2
    assert catalog.plural_expr == "(n > 1)"


def test_counted_words_have_a_singular() -> None:
    single = [message.id for message in entries(english()) if isinstance(message.id, str)]
    assert [text for text in single if COUNTED_WORDS.search(text)] == []
    assert COUNTED_WORDS.search("%(n)s rows read")


# ---- nothing unmarked


def template_faults() -> Iterator[tuple[str, Fault]]:
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            for fault in in_template(path.read_text(), html=path.suffix == ".html"):
                yield str(path.relative_to(ROOT)), fault


def code_faults() -> Iterator[tuple[str, Fault]]:
    """Everything but ``config``, which speaks to the person at the keyboard before a language is known."""
    for package in sorted(set(FLOORS) - {"config"}):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                for fault in in_code(path.read_text()):
                    yield str(path.relative_to(ROOT)), fault


def test_templates_hold_no_unmarked_text() -> None:
    assert list(template_faults()) == []


def test_code_holds_no_unmarked_text() -> None:
    assert list(code_faults()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Save it</p>",
        "<p>{% if x %}Save{% endif %} {{ y }}</p>",
        '<input placeholder="Save it">',
        '<nav aria-label="{{ x }} pages">',
        '<input type="submit" value="Save">',
        '{% banner "warn" "Save it" %}',
        '{% empty_state icon="x" title="Nothing here" text=_("Fine") %}',
        '{{ x|default:"Nobody" }}',
    ],
)
def test_unmarked_text_of_a_template_is_found(planted: str) -> None:
    assert list(in_template(planted)) != []


@pytest.mark.parametrize(
    "fine",
    [
        '<p class="row two">{% translate "Save it" %}</p>',
        "{% blocktranslate trimmed %}Save {{ x }}{% endblocktranslate %}",
        '{# Save it #}{% comment %}Save it{% endcomment %}<a href="{% url \'home\' %}">{{ y|date:"d M Y" }} · 12</a>',
        '{% icon "trash-2" label=_("Save it") %}<script>const save = "it works";</script><code>SUM(x)</code>',
    ],
)
def test_marked_text_passes(fine: str) -> None:
    assert list(in_template(fine)) == []


@pytest.mark.parametrize(
    "planted",
    [
        'messages.success(request, "Saved it")',
        'raise ValidationError(f"{x} is wrong")',
        'forms.CharField(label="Your name")',
        'sentence("no value")',
    ],
)
def test_unmarked_text_of_code_is_found(planted: str) -> None:
    assert len(list(in_code(planted))) == 1
    assert (
        list(in_code('messages.success(request, _("Saved"))\nfield(label=_("Your name"), name="full name")'))
        == []
    )
