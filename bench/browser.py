"""What a reader's browser sees of a page: when its largest content is painted, and how much moves by itself.

Chromium, where one is installed, at 1280 × 900, the files of the page in its cache as for anyone's second page.
"""

import shutil
import statistics
from collections.abc import Mapping
from typing import Any

VISITS = 5
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# Runs before anything else of the page.
OBSERVE = """
window.painted = 0; window.shift = 0;
new PerformanceObserver(l => { for (const e of l.getEntries()) window.painted = e.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver(l => { for (const e of l.getEntries()) window.shift += e.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


def seen(address: str, session: str, paths: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """By page, ``lcp`` in seconds (median of five) and the worst ``shift``; nothing without a browser."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright  # of the development environment only

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        context.add_init_script(OBSERVE)
        found = {name: _visited(context.new_page(), address + path) for name, path in paths.items()}
        browser.close()
    return found


def _visited(page: Any, url: str) -> dict[str, float]:
    painted, shifted = [], []
    page.goto(url, wait_until="networkidle")  # which fills the cache
    for _n in range(VISITS):
        page.goto(url, wait_until="networkidle")
        painted.append(page.evaluate("window.painted") / 1000)
        shifted.append(page.evaluate("window.shift"))
    page.close()
    return {"lcp": round(statistics.median(painted), 3), "shift": round(max(shifted), 4)}
