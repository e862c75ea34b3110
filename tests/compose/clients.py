"""What clients of the proxy get: an answer, a refusal of what is too large, and the same beside slow ones."""

import subprocess
import sys
from http.client import HTTPConnection, HTTPException

from runtime.instance import ROOT
from tests.compose.engine import MAX_UPLOAD_MB, Project, expect, step
from tests.e2e.slow_drill import SESSION


def ask(project: Project, method: str, path: str, size: int = 0) -> tuple[int, str]:
    """Status and answer; the body is so many zeros, which are not sent where the headers are refused."""
    connection = HTTPConnection("127.0.0.1", project.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in (("Host", "localhost"), ("Content-Length", str(size)), ("Connection", "close")):
            connection.putheader(name, value)
        connection.endheaders()
        if size <= MAX_UPLOAD_MB << 20:
            connection.send(b"0" * size)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def ready(project: Project) -> bool:
    try:
        return ask(project, "GET", "/ready")[0] == 200
    except (OSError, HTTPException):
        return False


def largest_body(project: Project) -> None:
    with step("a body is as large as MAX_UPLOAD_MB says, no more") as seen:
        status, _page = ask(project, "POST", "/sign-in/", MAX_UPLOAD_MB << 20)
        expect(status == 403, f"{MAX_UPLOAD_MB} MB, without a form's token: {status} instead of 403")
        status, page = ask(project, "POST", "/sign-in/", (MAX_UPLOAD_MB << 20) + 1)
        expect(
            (status, f"{MAX_UPLOAD_MB} MB at most" in page) == (413, True), f"one byte more: {status} {page}"
        )
        seen.append(page.strip())


def slow_clients(project: Project, seconds: float) -> None:
    with step("200 slow clients beside eight people") as seen:
        session = project.tell(SESSION)
        where = ["--url", f"http://127.0.0.1:{project.port}", "--host", "localhost", "--session", session]
        command = [sys.executable, "-m", "tests.e2e.slow_drill", *where, "--seconds", str(seconds)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        seen.extend(done.stdout.strip().splitlines()[-4:])
        expect(done.returncode == 0, done.stderr[-500:])
