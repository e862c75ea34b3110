"""What must never happen on a page, whoever looks at it and however: kept from its first to its last moment."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response

# Runs before anything else of the page. A shift that follows a click or a key within half a second is an answer to it.
OBSERVE = """
window.shift = 0;
new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.shift += e.value; })
  .observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation",
  e => console.error(`refused by the policy: ${e.effectiveDirective} ${e.blockedURI}`));
"""
MOST_SHIFT = 0.01


@dataclass
class Watch:
    """Console messages, script errors, failed requests and answers in error of one page, as sentences.

    ``allowed`` are the HTTP errors a test provokes on purpose, e.g. {403}.
    """

    allowed: frozenset[int] = frozenset()
    found: list[str] = field(default_factory=list)

    def over(self, page: Page) -> Page:
        page.add_init_script(OBSERVE)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        told_below = "Failed to load resource" in message.text  # the response says it better
        if message.type in ("error", "warning") and not told_below:
            self.found.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for another page, or turned into a download
            self.found.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.found.append(f"{response.status}: {urlsplit(response.url).path}")


def shift_of(page: Page) -> float:
    """How much of the page moved by itself since it was opened (the browser's own score, 0 to 1 and over)."""
    moved: Any = page.evaluate("window.shift")
    return float(moved)


def sideways(page: Page) -> int:
    """By how many pixels the page can be pushed sideways."""
    over: Any = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return int(over)
