"""What an instance's folder holds, who uses it, and the small things around it."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.instance import Instance, Refused, Use
from runtime.processes import Adopted, carrying, running_in
from runtime.supervisor import free_port
from runtime.translations import compile_translations
from tests.runtime.helpers import an_unused_port, environment, eventually, new_instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return new_instance(tmp_path / "home")


def test_a_secret_is_made_once_and_is_private(instance: Instance) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: instance.secret("some_secret"), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 43  # 256 bits
    assert (instance.home / "some_secret").stat().st_mode & 0o777 == 0o600
    assert new_instance(instance.home.with_name("other")).secret("some_secret") != instance.secret(
        "some_secret"
    )


def test_the_folder_is_private(instance: Instance) -> None:
    assert instance.home.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder to somebody else")
def test_an_instance_of_somebody_else_is_refused_even_to_root(instance: Instance) -> None:
    os.chown(instance.run, 12345, 12345)
    with pytest.raises(Refused, match="belongs to another account"):
        instance.create()


def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be used"):
        new_instance(tmp_path / "file" / "home")


def test_a_short_home_is_reached_by_its_own_name() -> None:
    instance = Instance(Path("/srv/vigie"))
    assert instance.reach() == instance.home


@pytest.mark.parametrize("name", ["x" * 100, "with space", "à côté"])
def test_a_home_unfit_for_a_socket_address_is_reached_through_a_private_link(
    tmp_path: Path, name: str
) -> None:
    instance = new_instance(tmp_path / name)
    link = instance.reach()
    assert len(str(link)) < 75
    assert link.resolve() == instance.home
    assert link.parent.stat().st_mode & 0o077 == 0
    assert instance.reach() == link

    link.unlink()  # the temporary folder was cleaned
    assert instance.reach().resolve() == instance.home


def test_the_last_user_knows_it_is_the_last(instance: Instance) -> None:
    first, second = Use(instance), Use(instance)
    assert not first.is_last()
    first.leave()
    assert second.is_last()
    second.leave()


A_USER = """
import time
from runtime.instance import Instance, Use
use = Use(Instance.from_environment())
print(flush=True)
time.sleep(60)
"""


def test_a_user_that_was_killed_no_longer_counts(instance: Instance) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", A_USER], env=environment(instance.home), stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    assert not Use(instance).is_last()
    other.kill()
    other.wait()
    assert Use(instance).is_last()


def test_processes_are_found_by_where_they_stand_and_what_they_carry(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"], cwd=tmp_path, env={"MARK": str(tmp_path)})
    try:
        eventually(lambda: carrying(f"MARK={tmp_path}") == [process.pid], 5)
        assert running_in(tmp_path) == [process.pid]
        assert Adopted(process.pid).poll() is None
    finally:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is gone, and still to be reaped
    assert running_in(tmp_path) == []  # a zombie is dead
    assert Adopted(process.pid).poll() == 0
    process.wait()


def test_a_busy_port_is_said_and_the_next_one_taken(capsys: pytest.CaptureFixture[str]) -> None:
    port = an_unused_port()
    assert free_port(port) == port
    assert capsys.readouterr().out == ""
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        other = free_port(port)
    assert other > port
    assert capsys.readouterr().out == f"Port {port} is busy: using port {other} instead.\n"


PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Yes"
msgstr "Oui"

#, fuzzy
msgid "No"
msgstr "Peut-être"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    source = tmp_path / "fr/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO)
    return source


def test_translations_are_compiled_when_they_changed(tmp_path: Path, catalogue: Path) -> None:
    from gettext import GNUTranslations

    compile_translations(tmp_path)
    compiled = catalogue.with_suffix(".mo")
    with compiled.open("rb") as file:
        french = GNUTranslations(file)
    assert french.gettext("Yes") == "Oui"
    assert french.gettext("No") == "No"  # fuzzy

    before = compiled.stat().st_mtime_ns
    compile_translations(tmp_path)
    assert compiled.stat().st_mtime_ns == before
    os.utime(catalogue, ns=(before + 10**9, before + 10**9))
    compile_translations(tmp_path)
    assert compiled.stat().st_mtime_ns != before


def test_unreadable_translations_are_refused_in_words(tmp_path: Path, catalogue: Path) -> None:
    catalogue.write_text('msgid "Yes\n')
    with pytest.raises(Refused, match="cannot be read"):
        compile_translations(tmp_path)
    assert list(catalogue.parent.iterdir()) == [catalogue]
