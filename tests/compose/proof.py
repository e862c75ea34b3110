"""What the Compose file must do on a real engine, step by step; each prints one line, the first that fails ends it."""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.compose.clients import largest_body, ready, slow_clients
from tests.compose.engine import IMAGES, OURS, PROJECT, Failed, Project, eventually, expect, say, step
from tests.e2e.contents import QUERIES
from tests.e2e.test_kills import (
    AN_OWNER,
    FIRST,
    IMPORT_OVER,
    LAST,
    NIGHT_OVER,
    START_IMPORT,
    START_NIGHT,
    STEPS_DONE,
    write_orders,
)

FIGURES = ("facts", "gaps", "deviations")
SAVED = "/var/lib/vigie/drill.vigie"
VICTIMS = ("web", "worker", "beat", "postgres", "redis")
KEPT = ("--grain", "month", "--start", str(FIRST), "--end", str(LAST), "--json")


def holds(project: Project, *names: str) -> dict[str, str]:
    """Number of rows and fingerprint of each table, by natural keys."""
    told = """SELECT count(*) || ' ' || coalesce(md5(string_agg(r, chr(10) ORDER BY r)), '')
        FROM (SELECT q::text AS r FROM ({}) q) x"""
    return {name: project.value(told.format(QUERIES[name])) for name in names}


def figures(project: Project) -> object:
    return json.loads(
        project.manage("kpi_values", "--indicator", "net_revenue,orders,active_customers", *KEPT)
    )


def refused_without_secrets(project: Project) -> None:
    with step("a start without secrets is refused") as seen:
        given = (project.folder / ".env").read_text()
        for name in project.secrets:
            kept = [line for line in given.splitlines() if not line.startswith(f"{name}=")]
            (project.folder / ".env").write_text("\n".join(kept) + "\n")
            answer = project.compose("up", "--detach", check=False)
            expect(answer.returncode and f"set {name} in .env" in answer.stderr, f"started without {name}")
            (project.folder / ".env").write_text(given)
            expect(not project.container("postgres"), "something was started all the same")
        seen.append(", ".join(project.secrets))


def start(project: Project, name: str) -> None:
    with step(f"build the image of {name}") as seen:
        project.compose("build", seconds=1800)
        size = project.engine.run("image", "inspect", "--format", "{{.Size}}", IMAGES[0]).stdout
        seen.append(f"{int(size) / 1e6:.0f} MB")
    with step("start, until all are healthy") as seen:
        project.up()
        states = project.compose("ps", "--format", "{{.Service}} {{.Health}}").stdout.split("\n")
        expect(all("healthy" in state for state in states if state), f"not all healthy: {states}")
        seen.append(f"{len([state for state in states if state])} healthy")


def import_orders(project: Project, folder: Path) -> None:
    with step("import a file, stored by the worker") as seen:
        orders = write_orders(folder / "orders.csv", FIRST, LAST, 40, seed=1)
        project.put(orders, "/tmp/orders.csv")
        project.tell(AN_OWNER)
        run = project.tell(START_IMPORT.format(path="/tmp/orders.csv"))
        taken = eventually(partial(project.is_true, IMPORT_OVER.format(run)), 120, "the import is done")
        lines = project.value("SELECT count(*) FROM kpis_orderline")
        seen.append(f"{lines} lines, done {taken:.1f} s after it was queued")


def run_night(project: Project) -> dict[str, str]:
    """Twice: the second updates what the first opened, as every later one will."""
    with step("run the night, twice") as seen:
        for _n in range(2):
            run = project.tell(START_NIGHT)
            eventually(partial(project.is_true, NIGHT_OVER.format(run)), 300, "the night is done")
        found = holds(project, *FIGURES)
        expect(int(found["gaps"].split()[0]) > 100, f"too few gaps: {found['gaps']}")
        seen.append(f"{found['gaps'].split()[0]} gaps, {found['deviations'].split()[0]} deviations")
    return found


def kill(project: Project, victim: str, expected: dict[str, str]) -> None:
    with step(f"kill -9 of {victim} during a night") as seen:
        for _try in range(6):
            run = project.tell(START_NIGHT)
            begun = f"SELECT ({STEPS_DONE.format(run)}) >= 1"
            eventually(partial(project.is_true, begun), 120, "the night has begun")
            was_over = project.is_true(NIGHT_OVER.format(run))
            os.kill(int(project.look(victim, "{{.State.Pid}}")), signal.SIGKILL)
            taken = eventually(partial(project.is_true, NIGHT_OVER.format(run)), 180, "the night is done")
            expect(holds(project, *FIGURES) == expected, "its figures are others than before")
            eventually(lambda: ready(project), 120, "all is ready again")
            if not was_over:
                seen.append(f"figures equal, night done {taken:.1f} s after")
                return
        raise Failed("every night was over before the kill")


def hardening(project: Project) -> None:
    status = (
        "id -u; grep -E '^(CapEff|NoNewPrivs)' /proc/1/status; touch /app/x /usr/x 2>&1 | grep -c 'Read-only'"
    )
    with step("web, worker, beat, proxy: no rights, nothing to write on") as seen:
        for service in (*OURS, "proxy"):
            user = "101" if service == "proxy" else "10001"
            said = project.inside(service, "sh", "-c", status, check=False).stdout.split()
            right = [user, "CapEff:", "0" * 16, "NoNewPrivs:", "1", "2"]
            if service == "proxy":
                right[-1] = said[-1] if said else ""
            expect(said == right, f"{service}: {said}")
            expect(project.look(service, "{{.HostConfig.ReadonlyRootfs}}") == "true", f"{service} can write")
        seen.append("uid 10001 and 101, no capabilities, read-only")
    with step("only the proxy is published, here only") as seen:
        form = "{{range $port, $at := .NetworkSettings.Ports}}{{range $at}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}"
        published = {name: project.look(name, form) for name in (*OURS, "postgres", "redis", "proxy")}
        expected = {name: "" for name in published} | {"proxy": f"127.0.0.1:{project.port}"}
        expect(published == expected, str(published))
        seen.append(published["proxy"])
    with step("the image holds no secret"):
        found = project.inside("web", "sh", "-c", "ls -a /app | grep -cx .env", check=False).stdout.strip()
        expect(found == "0", ".env is in the image")


def dangling(project: Project) -> int:
    return len(project.engine.run("images", "--quiet", "--filter", "dangling=true").stdout.split())


def build(project: Project) -> None:
    with step("build the image of this version") as seen:
        before = dangling(project)
        for _n in range(2):
            project.compose("build", seconds=1800)
        expect(dangling(project) <= before + 1, "more is left of a build than the version before")
        seen.append("from a checkout for its owner only (umask 077)")


def upgrade(project: Project, expected: dict[str, str], before: object) -> None:
    with step("upgrade to this version, until all are healthy"):
        project.up()
    with step("figures after the upgrade are those before") as seen:
        facts = holds(project, "facts")["facts"].split()[0]  # how their numbers are written may have changed
        expect(facts == expected["facts"].split()[0], "other facts")
        expect(figures(project) == before, "other values")
        seen.append(f"{facts} facts, values of three indicators")


def backup_and_restore(project: Project, folder: Path) -> None:
    with step("backup while all run") as seen:
        project.inside("web", "vigie", "backup", SAVED)
        project.compose("cp", f"web:{SAVED}", f"{project.seen}/drill.vigie")
        project.inside("web", "rm", SAVED)
        seen.append(f"{(project.folder / 'drill.vigie').stat().st_size / 1e6:.1f} MB")
    kept, values = holds(project, *FIGURES), figures(project)
    more = write_orders(folder / "more.csv", LAST, LAST, 80, seed=3)
    project.put(more, "/tmp/more.csv")
    project.inside(
        "web", "vigie", "manage", "import_data", "/tmp/more.csv", "--covers", "changes", check=False
    )
    project.manage("recompute", "--as-of", str(LAST))
    changed = holds(project, *FIGURES)
    once = ("run", "--rm", "--no-deps", "-T", "web")
    saved = (project.folder / "drill.vigie").read_bytes()
    project.compose(*once, "sh", "-c", f"cat > {SAVED}", given=saved)
    restore = (*once, "vigie", "restore", SAVED, "--replace")
    for running in ((), ("web",), ("web", "worker")):
        left = [name for name in OURS if name not in running]
        with step(f"restore is refused while {', '.join(left)} run{'s' if len(left) == 1 else ''}") as seen:
            if running:
                project.compose("stop", *running)
            answer = project.compose(*restore, check=False)
            expect(answer.returncode == 1 and "This database is in use" in answer.stderr, answer.stderr)
            expect(holds(project, *FIGURES) == changed, "something changed")
            seen.append(answer.stderr.strip().splitlines()[-1])
    with step("restore once they are stopped: figures of the backup") as seen:
        project.compose("stop", "proxy", *OURS)
        expect(changed != kept, "nothing had changed since the backup")
        project.compose(*restore)
        project.compose(*once, "rm", SAVED)
        expect(holds(project, *FIGURES) == kept, "other figures than those saved")
        project.up()
        expect(figures(project) == values, "other values than those saved")
        seen.append("facts, gaps, deviations and values equal")


def commands_inside(project: Project, folder: Path) -> None:
    """As docs/operations.md gives them."""
    with step("commands inside: import, invite, logs") as seen:
        file = folder / "audience.csv"
        file.write_text("date,sessions\n2025-04-01,12\n")
        project.put(file, "/tmp/audience.csv")
        answer = project.inside("web", "vigie", "manage", "import_data", "/tmp/audience.csv", "--json").stdout
        expect(json.loads(answer)["state"] == "done", answer)
        invite = ("invite_person", "ann@example.com", "--name", "Ann", "--role", "analyst")
        link = project.inside("web", "vigie", "manage", *invite).stdout.strip()
        expect("http://vigie.example/" in link, f"no link: {link}")
        logs = project.compose(
            "logs", "--no-log-prefix", "--since", "1h", "web", "worker"
        ).stdout.splitlines()
        told = [json.loads(line[line.index("{") :]) for line in logs if '{"' in line and line.endswith("}")]
        expect(any(line["event"] == "task" for line in told), "no task in the logs")
        seen.append(f"one file, one link, {len(told)} lines of JSON")


def without_a_database(project: Project) -> None:
    with step("a start without a database is one line") as seen:
        project.compose("stop", "postgres")
        answer = project.compose(
            "run", "--rm", "--no-deps", "-T", "web", "python", "-m", "runtime.prepare", check=False
        )
        lines = [line for line in answer.stderr.splitlines() if line.startswith(("{", "Traceback"))]
        expect(answer.returncode == 1 and len(lines) == 1, answer.stderr)
        seen.append(json.loads(lines[0])["event"][:70])
        project.up()


def clear(project: Project) -> None:
    with step("down --volumes leaves nothing"):
        project.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
        ours = f"label=com.docker.compose.project={PROJECT}"
        for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
            left = project.engine.run(*kind, "--quiet", "--filter", ours).stdout
            expect(not left, f"{kind[0]} left: {left}")
        project.engine.run("image", "rm", *IMAGES, check=False)


def tell_state(project: Project, folder: Path) -> None:
    """What each service of a proof that failed was doing, and the end of its logs."""
    logs = project.compose("logs", "--tail", "40", check=False)
    state = "{{.Name}} {{.State.Status}}{{with .State.Health}} {{.Status}}{{range .Log}}\n{{.Output}}{{end}}{{end}}"
    ours = project.compose("ps", "--all", "--quiet", check=False).stdout.split()
    sys.stderr.write(project.engine.run("inspect", "--format", state, *ours, check=False).stdout[-4000:])
    (folder / "logs.txt").write_text(logs.stdout + logs.stderr)
    sys.stderr.write("\n".join((logs.stdout + logs.stderr).splitlines()[-120:]) + "\n")


def prove(project: Project, older: Project | None, folder: Path, apart: Callable[[], None] | None) -> None:
    """``older`` is a checkout of the version before, ``project`` of this one; ``apart`` tells clients apart."""
    first = older or project
    first.secrets = project.secrets
    for version in {id(project): project, id(first): first}.values():
        version.configure()
    try:
        refused_without_secrets(project)
        start(first, "the version before" if older else "this version")
        import_orders(first, folder)
        expected = run_night(first)
        if older:
            values = figures(first)
            build(project)
            upgrade(project, expected, values)
            expected = run_night(project)
        for victim in VICTIMS:
            kill(project, victim, expected)
        hardening(project)
        largest_body(project)
        if apart:
            apart()
            slow_clients(project, 20)
        else:
            say("skipped slow clients: on an engine that is not ours all of them come from one address")
        commands_inside(project, folder)
        backup_and_restore(project, folder)
        without_a_database(project)
    except BaseException:
        tell_state(project, folder)
        raise
    finally:
        clear(project)
