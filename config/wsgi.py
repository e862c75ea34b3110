import os
import sys

from django.core.wsgi import get_wsgi_application
from django.db import connection

from runtime.presence import Presence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# The threads of a process take turns. A page waits for the database some twenty times, and after each wait for its
# turn: the usual 5 ms behind each of the others is far longer than the answer took.
sys.setswitchinterval(0.001)
application = get_wsgi_application()
Presence("web", connection.get_connection_params()).start()
