"""Reads its settings as edx-platform does: once, at the start, from the service's YAML file."""

import os
import sys
from pathlib import Path

import yaml

SERVICE_VARIANT = os.environ["SERVICE_VARIANT"]
CONFIG_FILE = os.environ["LMS_CFG" if SERVICE_VARIANT == "lms" else "STUDIO_CFG"]
CONFIG = yaml.safe_load(Path(CONFIG_FILE).read_text(encoding="utf-8"))

# Up to Juniper, KEY_FUNCTION is util.memcache.safe_key, later common.djangoapps.util...
sys.path.append(str(Path(__file__).parent.parent / "common" / "djangoapps"))

CACHES = CONFIG["CACHES"]
SECRET_KEY = CONFIG["SECRET_KEY"]
SESSION_ENGINE = CONFIG["SESSION_ENGINE"]
SESSION_COOKIE_NAME = CONFIG["SESSION_COOKIE_NAME"]
SESSION_COOKIE_DOMAIN = CONFIG["SESSION_COOKIE_DOMAIN"] or None
SESSION_COOKIE_SECURE = CONFIG["SESSION_COOKIE_SECURE"]
SESSION_SAVE_EVERY_REQUEST = CONFIG["SESSION_SAVE_EVERY_REQUEST"]
CSRF_COOKIE_SECURE = CONFIG["CSRF_COOKIE_SECURE"]
HEARTBEAT_EXTENDED_CHECKS = CONFIG.get("HEARTBEAT_EXTENDED_CHECKS", [])

# How often an account may be failed before it is locked, and how many logins an address has in five minutes.
MAX_FAILURES = CONFIG.get("MAX_FAILED_LOGIN_ATTEMPTS_ALLOWED", 6)
MAX_LOGINS = int(CONFIG.get("LOGISTRATION_RATELIMIT_RATE", "100/5m").partition("/")[0])

# Studio signs in by OAuth where it has a key (from Maple on), and with the LMS's session where it has none.
LMS_ROOT_URL = CONFIG.get("LMS_ROOT_URL", "")
OAUTH_KEY = CONFIG.get("SOCIAL_AUTH_EDX_OAUTH2_KEY")
OAUTH_SECRET = CONFIG.get("SOCIAL_AUTH_EDX_OAUTH2_SECRET")
OAUTH_URL_ROOT = CONFIG.get("SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT")
OAUTH_PUBLIC_URL_ROOT = CONFIG.get("SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT")

# In MySQL on a real server: {key: {secret: ..., redirect_uris: [...]}}.
OAUTH_CLIENTS = CONFIG.get("STANDIN_OAUTH_CLIENTS", {})
# Whether tasks can be queued.
HAS_CELERY = CONFIG.get("STANDIN_HAS_CELERY", False)
# Whether its databases are there; the pages of this stand-in need none.
HAS_MYSQL = CONFIG.get("STANDIN_HAS_MYSQL", False)
if HAS_MYSQL:
    DATABASES = CONFIG["DATABASES"]
# Addresses that this release does not have yet, or not any more.
MISSING_PATHS = CONFIG.get("STANDIN_MISSING_PATHS", [])

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "standin.urls"
INSTALLED_APPS = []
USE_TZ = True
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
