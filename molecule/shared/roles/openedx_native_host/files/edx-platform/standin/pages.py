"""What both programs answer besides signing in."""

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET


def page(title, body="", status=200):
    return HttpResponse(f"<!doctype html><title>{title}</title>{body}", status=status)


def cache_answers():
    """Whether a value set in the cache is found there again."""
    cache.set("heartbeat", "beating", 10)
    return cache.get("heartbeat") == "beating"


def sql_answers():
    """Whether MySQL answers a query."""
    from django.db import DatabaseError
    from standin.writing import database_answers

    try:
        return database_answers()
    except DatabaseError:
        return False


def task_is_done():
    """Whether a worker does a task within HEARTBEAT_CELERY_TIMEOUT, 5 seconds; the real one learns that from the cache."""
    from standin.tasks import is_done, record

    number = -time.time_ns()
    # HEARTBEAT_CELERY_ROUTING_KEY is the queue for what is urgent.
    record.apply_async((number, 0), queue=f"edx.{settings.SERVICE_VARIANT}.core.high")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if is_done(number):
            return True
        time.sleep(0.1)
    return False


@require_GET
def heartbeat(request):
    """Like the real one, does not look at the cache unless it is told to."""
    checks = {"modulestore": True, "sql": not settings.HAS_MYSQL or sql_answers()}
    if "extended" in request.GET:
        checks["celery"] = not settings.HAS_CELERY or task_is_done()
        for name in settings.HEARTBEAT_EXTENDED_CHECKS:
            check = name.rpartition(".")[2]
            if check in ("check_cache_set", "check_cache_get"):
                checks[check.replace("check_", "")] = cache_answers()
    report = {
        name: {"status": good, "message": "OK" if good else "fail"} for name, good in checks.items()
    }
    return JsonResponse(report, status=200 if all(checks.values()) else 503)


@require_GET
def logout(request):
    request.session.flush()
    return page("Signed out")
