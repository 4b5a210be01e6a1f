"""What both programs answer besides signing in."""

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


@require_GET
def heartbeat(request):
    """Like the real one, does not look at the cache unless it is told to."""
    checks = {"modulestore": True, "sql": True}
    if "extended" in request.GET:
        checks["celery"] = True
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
