"""Django's settings, all derived from the home and the environment. Nothing here is edited by an administrator."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .home import Home

HOME = Home.from_environ()
BASE = Path(__file__).parent

# Django signs its cookies' messages and one-time links with this. The master key itself never enters Django;
# `boot` replaces the value by one derived from it before anything is served.
SECRET_KEY = os.environ.get("BURSAR_DJANGO_SECRET") or hashlib.sha256(str(HOME.path).encode()).hexdigest()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # nothing is built from the Host header: links come from FQDN (SEC-4)


def _database() -> dict[str, Any]:
    if HOME.is_sqlite:
        name = HOME.database_url.removeprefix("sqlite:").removeprefix("//") or str(HOME.sqlite_file)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON",
            },
            "TEST": {"NAME": os.environ.get("BURSAR_TEST_SQLITE", name + "-test")},
        }
    url = urlsplit(HOME.database_url)
    options: dict[str, Any] = dict(parse_qsl(url.query))
    # Callers wait for a connection instead of opening one each: 400 callers need no 400 connections.
    options["pool"] = {"min_size": 0, "max_size": 20, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,  # the pool hands out no connection that a restart of the server has ended
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each by its own name
LANGUAGE_COOKIE_NAME = "bursar-language"
LOCALE_PATHS = [BASE / "locale"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "bursar.access",
    "bursar.audit",
    "bursar.sysconfig",
    "bursar.tokens",
    "bursar.mail",
    "bursar.webservices",
    "bursar.handout",
    "bursar.web",
]
MIDDLEWARE = [
    "bursar.web.middleware.BrowserHeaders",
    "bursar.web.middleware.PersonsLanguage",
    "bursar.web.middleware.Whereabouts",
    "bursar.web.middleware.OneHost",
    "bursar.web.middleware.TrustedProxies",
    "bursar.web.middleware.Audited",
    "bursar.web.middleware.HostCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bursar.web.middleware.CrossSite",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bursar.web.middleware.SessionLimits",
    "bursar.web.middleware.PersonsZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "bursar.web.failures.Failures",
]
ROOT_URLCONF = "bursar.web.urls"
ASGI_APPLICATION = "bursar.web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bursar.web.frame.frame",
            ],
        },
    }
]

CACHES = {"default": {"BACKEND": "bursar.access.counters.SharedCounters"}}

AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/tokens"
ACCOUNT_ADAPTER = "bursar.web.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in"
ACCOUNT_SESSION_REMEMBER = False

# `__Host-` and Secure exactly when HttpType is https: web.middleware sets both for each answer.
SESSION_COOKIE_NAME = "bursar-session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
LAST_USE_COOKIE_NAME = "bursar-last-use"  # ours: when the session was last used, signed
CSRF_COOKIE_NAME = "bursar-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "bursar.web.failures.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 34 * 1024 * 1024  # an import of 32 MB, the document's own bound
# Whatever is uploaded stays in memory: it may hold client secrets, and nothing of them is written to a disk in clear.
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
LOGGING_CONFIG = None
