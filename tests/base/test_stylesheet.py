"""The stylesheets: their colours are readable in both themes, and nothing on a page needs an inline style."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CSS = "".join(path.read_text() for path in sorted((ROOT / "static" / "css").glob("*.css")))
THEMES = ("light", "dark")
TEXT, CONTROL = 4.5, 3.0  # WCAG 2.2: 1.4.3 (text), 1.4.11 (controls and graphics)


def tokens(theme: str) -> dict[str, str]:
    pairs = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
    return {name: (light if theme == "light" else dark) for name, light, dark in pairs}


def luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


INKS = ("ink", "ink-2", "ink-3", "accent", "accent-strong", "good", "bad", "warn")
PAPERS = ("canvas", "surface", "raised", "sunken")
TEXT_PAIRS = [
    *((ink, paper) for ink in INKS for paper in PAPERS),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "neutral")),
    *(("ink", f"{tone}-soft") for tone in ("good", "warn", "bad", "neutral", "accent")),
    *((ink, "accent-soft") for ink in ("accent", "accent-strong")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("series-current", "surface"),
    ("series-target", "surface"),
]
CONTROL_PAIRS = [
    ("line-control", "surface"),
    ("focus", "surface"),
    ("focus", "canvas"),
    *((f"series-{key}", "surface") for key in ("current", "last-year", "target", "expected")),
]


def test_contrast_is_the_one_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "paper"), TEXT_PAIRS)
def test_text_is_readable(theme: str, ink: str, paper: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[ink], colours[paper]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("mark", "paper"), CONTROL_PAIRS)
def test_controls_and_lines_are_visible(theme: str, mark: str, paper: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[mark], colours[paper]) >= CONTROL


def test_every_token_used_exists() -> None:
    defined = set(re.findall(r"--([\w-]+):", CSS))
    used = set(re.findall(r"var\(--([\w-]+)", CSS))
    assert used <= defined, used - defined


def test_colours_are_written_once() -> None:
    """Outside the tokens, a colour would not follow the theme (print, always on white paper, may)."""
    parts = [re.split(r"@layer print \{", part)[0] for part in re.split(r"(?=@layer \w+ \{)", CSS)]
    screen = "".join(part for part in parts if not part.startswith("@layer tokens"))
    assert "@layer components {" in screen
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", screen) == []


INLINE = re.compile(r"""\s(?:style|on[a-z]+|hx-on[:\w-]*)\s*=\s*["']""")


def test_no_template_carries_an_inline_style_or_script() -> None:
    assert INLINE.search('<p style="color:red">')
    assert INLINE.search('<p onclick="x()">')
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text()
        assert not INLINE.search(text), page
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), page
        assert "<style" not in text, page
