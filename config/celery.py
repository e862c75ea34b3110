import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # missing in the stubs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# About running as root: whoever starts Vigie as root on a bare machine has read docs/operations.md instead.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("vigie")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
