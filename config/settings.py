"""All settings but the clock's (``schedule.py``). Values come from the environment; a missing or malformed one stops
the start.
"""

import os
from pathlib import Path
from urllib.parse import unquote

from django.utils.translation import gettext_lazy as _

from config.logs import logging_settings
from config.schedule import BEAT_SCHEDULE
from config.site import site
from runtime.environment import days_by_name, env, long_secret, one_of, whole_number

# One thread of linear algebra per process: the workers are the parallelism, and more threads only fight each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent

# The instance: its database, uploads and generated secret live here, so several can stand side by side.
VIGIE_HOME = Path(env.str("VIGIE_HOME", default=str(BASE_DIR / "var"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
HTTPS = env.bool("HTTPS", default=False)
# Letters hold links made from SITE_URL, never from what a request says its host is.
SITE_URL, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS = site(
    url=env.str("SITE_URL", default=""),
    hosts=env.list("ALLOWED_HOSTS", default=[]),
    origins=env.list("CSRF_TRUSTED_ORIGINS", default=[]),
    https=HTTPS,
    served_at=env.str("SERVED_AT", default="http://127.0.0.1:8000"),  # told by ./run serve
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "pgtrigger",
    "pghistory",
    "template_partials",
    "config.apps.ConfigConfig",
    "accounts",
    "base",
    "intake",
    "kpis",
    "budgets",
    "steering",
    "teams",
    "cockpit",
    "api",
    "demo",
]

MIDDLEWARE = [
    "config.request_log.RequestLogMiddleware",
    "config.response_headers.PrivateAnswersMiddleware",
    "api.middleware.ProblemMiddleware",
    "config.hosts.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.TokenMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "base.middleware.ServerTimingMiddleware",
    "accounts.middleware.PersonLocaleMiddleware",
    "config.errors.RefusedBodyMiddleware",
    "base.middleware.WellFormedMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "base.middleware.CompanyMiddleware",
    "cockpit.start.FirstStartMiddleware",
    "accounts.middleware.SignInMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.TriesMiddleware",
    "config.errors.SentTwiceMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "base.context.shell",
                "kpis.pages.context.freshness",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])  # a socket's folder is percent-encoded
DATABASES["default"]["CONN_MAX_AGE"] = whole_number("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,  # seconds; a page then says so
    "application_name": "vigie",
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis only wakes the workers: all work to do is in PostgreSQL, and the sweeps find what a lost message left.
# So no result is kept, a task is acknowledged once done, and the wait for a lost broker never gives up.
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = dict(socket_timeout=15, socket_connect_timeout=5, socket_keepalive=True)
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.4,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = whole_number("WORKER_CONCURRENCY", 2)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = env.str("TIME_ZONE", default="Europe/Paris")

CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# Pages that only read note no context for the audit: it wraps every query, and nothing audited is written by a GET.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

READ_LOG_DAYS = whole_number("READ_LOG_DAYS", 365)  # who read whose records; the database keeps 180 at least
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# Sign-in (django-allauth): by e-mail, for invited people only.
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # ours: User.address_proven_at
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Vigie] "
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# Whoever was locked out comes in by the letter, second factor included.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
# Guessing is limited by accounts/limits.py: allauth's counters hold the host of the request (docs/decisions/0012).
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.SignInForm",
    "change_password": "accounts.sign_in_forms.ChangePasswordForm",
    "reset_password": "accounts.sign_in_forms.ResetPasswordForm",
    "user_token": "accounts.sign_in_forms.ResetLinkForm",
}
TRUSTED_PROXY_COUNT = whole_number("TRUSTED_PROXY_COUNT", 0)
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.adapter.ResetTokens"
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds
INVITATION_DAYS = whole_number("INVITATION_DAYS", 7)

# Second factor: an authenticator app and recovery codes.
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.sign_in_forms.CodeForm",
    "reauthenticate": "accounts.sign_in_forms.CodeAgainForm",
    "activate_totp": "accounts.sign_in_forms.NewAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Vigie"
MFA_TOTP_TOLERANCE = 1  # one step of 30 s, for telephones whose clock drifts
MFA_ALLOW_UNVERIFIED_EMAIL = True  # as above: invited addresses are known

# No code of a second factor works twice, in any web process: allauth notes used ones here. Nothing is culled.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "base.finders.PlotlyFinder",
]
# Forms and tables anywhere, third-party ones included, look as docs/design-language.md says.
FORM_RENDERER = "base.forms.Renderer"
FILTERS_EMPTY_CHOICE_LABEL = _("All")
DJANGO_TABLES2_TEMPLATE = "django_tables2/vigie.html"
DJANGO_TABLES2_TABLE_ATTRS = {"class": "table table--stack table--wide"}
# Collected, named by their content and compressed once; else (tests, runserver) served from where they are.
STATIC_COLLECTED = env.bool("STATIC_COLLECTED", default=False)
STATIC_ROOT = VIGIE_HOME / "static" if STATIC_COLLECTED else None
WHITENOISE_USE_FINDERS = not STATIC_COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static_files.StaticFilesStorage"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = VIGIE_HOME / "uploads"
# The largest body of a request, which the web server gathers in a file before a page is asked for.
MAX_UPLOAD_MB = whole_number("MAX_UPLOAD_MB", 1024)

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))  # EMAIL_BACKEND, EMAIL_HOST, …
LETTER_BACKEND = str(vars()["EMAIL_BACKEND"])
EMAIL_TIMEOUT = 20  # seconds a mail server may take
EMAIL_BACKEND = "accounts.letters.EmailBackend"  # in front of it
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="vigie@localhost")

NIGHT_HOUR = whole_number("NIGHT_HOUR", 4, most=23)  # when the night runs, local time
ESCALATE_AFTER_DAYS = whole_number("ESCALATE_AFTER_DAYS", 3)  # late by more, the manager is told; 0: never
# For how many days files and rejected rows are kept: "orders=90, facts=always"; a kind left out says it itself.
IMPORT_KEEP_DAYS = days_by_name("IMPORT_KEEP_DAYS")
# What a monitoring system sends to read /metrics; without it, the address does not exist.
METRICS_TOKEN = long_secret("METRICS_TOKEN")
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=False)

# Behind HTTPS (a proxy that sets X-Forwarded-Proto): cookies and people stay on it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = logging_settings(
    one_of("LOG_FORMAT", ("console", "json")), one_of("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR"))
)

os.umask(0o027)
