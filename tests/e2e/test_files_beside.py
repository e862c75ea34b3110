"""A file put beside a deviation in a browser, with scripts and without."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import StorageState, expect

from tests.e2e.conftest import Visitor
from tests.e2e.test_every_page import faults
from tests.e2e.test_road import open_the_cancellations


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_file_beside_a_deviation(
    visitor: Visitor, director: StorageState, night: str, tmp_path: Path, scripts: bool
) -> None:
    path = tmp_path / f"Note {'with' if scripts else 'without'}.txt"
    path.write_text(f"Seen {scripts}")
    page = visitor.page(director, java_script_enabled=scripts)
    open_the_cancellations(page)
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Add the file").click()
    link = page.get_by_role("link", name=path.name)
    expect(link).to_be_visible()
    if scripts:
        assert list(faults(page, "a deviation with a file")) == []
    with page.expect_download() as found:
        link.click()
    assert found.value.path().read_text() == f"Seen {scripts}"
    page.get_by_role("button", name=re.compile(f"Remove {path.name}")).click()
    expect(link).to_have_count(0)
    expect(page.get_by_text("File removed").first).to_be_visible()
