"""What runs by the clock, each so many seconds.

Beat keeps no state: each task decides from the database whether something is due, so a restart loses nothing and there
is no file to corrupt. What piles up while no worker listens expires.
"""

from typing import Any

from celery.schedules import crontab

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep nights": {"task": "kpis.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "sweep imports": {"task": "intake.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "purge tries": {"task": "accounts.tasks.purge_tries", "schedule": 600.0, "options": {"expires": 600}},
    "purge files": {
        "task": "intake.tasks.purge_files",
        "schedule": crontab(minute=17),
        "options": {"expires": 3000},
    },
    "start the night": {"task": "kpis.tasks.start_due_night", "schedule": 60.0, "options": {"expires": 60}},
    "send letters": {"task": "base.tasks.sweep_letters", "schedule": 30.0, "options": {"expires": 30}},
    "escalate": {"task": "base.tasks.escalate_deadlines", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget reads": {"task": "accounts.tasks.forget_reads", "schedule": 3600.0, "options": {"expires": 3600}},
}
