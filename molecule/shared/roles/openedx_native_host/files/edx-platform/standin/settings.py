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

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "standin.urls"
INSTALLED_APPS = []
USE_TZ = True
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
