"""The few addresses of edx-platform that a health check and a login need."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

USERNAME = "staff"
EMAIL = "staff@example.com"
PASSWORD = "edx"


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
def login_page(request):
    """Like any page of the real one, asks the cache for the site's configuration."""
    title = cache.get_or_set("site_configuration", "Sign in", 300)
    return HttpResponse(f"<!doctype html><title>{title}</title>")


@require_GET
def csrf_token(request):
    return JsonResponse({"csrfToken": get_token(request)})


@require_POST
@csrf_protect
def login_session(request):
    """Signs in: the session, and with it who is signed in, is only in the cache."""
    name = request.POST.get("email") or request.POST.get("email_or_username")
    if name not in (EMAIL, USERNAME) or request.POST.get("password") != PASSWORD:
        refusal = {
            "success": False,
            "value": "Email or password is incorrect.",
            "error_code": "incorrect-email-or-password",
        }
        return JsonResponse(refusal, status=400)
    request.session.cycle_key()
    request.session["username"] = USERNAME
    return JsonResponse({"success": True, "redirect_url": "/dashboard"})


@require_GET
def me(request):
    username = request.session.get("username")
    if username is None:
        return JsonResponse({"detail": "Authentication credentials were not provided."}, status=401)
    return JsonResponse({"username": username})


urlpatterns = [
    path("heartbeat", heartbeat),
    path("login", login_page),
    path("csrf/api/v1/token", csrf_token),
    path("api/user/v1/account/login_session/", login_session),
    path("api/user/v2/account/login_session/", login_session),
    path("api/user/v1/me", me),
]
