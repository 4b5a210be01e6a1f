"""Signing in at the LMS: a form, a session, and what only somebody with a session sees."""

from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from standin.pages import page
from standin.users import LOCKED, NO_PROFILE, PASSWORD, THIRD_PARTY, count, find, sign_in, signed_in

HALF_AN_HOUR = 1800


@require_GET
@ensure_csrf_cookie
def login_page(request):
    """Like any page of the real one, asks the cache for the site's configuration."""
    return page(cache.get_or_set("site_configuration", "Sign in", 300))


@require_GET
def csrf_token(request):
    return JsonResponse({"csrfToken": get_token(request)})


def refusal(text, code):
    return JsonResponse({"success": False, "value": text, "error_code": code}, status=400)


def login(request, name, by_username):
    if count(f"rate-{request.META['REMOTE_ADDR']}", 300) > settings.MAX_LOGINS:
        return page("Too Many Requests", status=429)
    user = find(name, by_username)
    if user and user.trouble == THIRD_PARTY:
        return HttpResponse("Sign in with your school's account.", status=403, content_type="text/plain")
    failures = f"failures-{user.username if user else ''}"
    is_locked = user and (user.trouble == LOCKED or cache.get(failures, 0) >= settings.MAX_FAILURES)
    if is_locked:
        return refusal("This account has been temporarily locked.", "account-locked-out")
    if user is None or request.POST.get("password") != PASSWORD:
        count(failures, HALF_AN_HOUR)
        return refusal("Email or password is incorrect.", "incorrect-email-or-password")
    if user.trouble == NO_PROFILE:
        raise LookupError("User has no profile.")
    sign_in(request, user.username)
    return JsonResponse({"success": True, "redirect_url": "/dashboard"})


@require_http_methods(["GET", "POST"])
@ensure_csrf_cookie
@csrf_protect
def login_session(request):
    """Takes an email address; asked with GET it describes its form."""
    if request.method == "GET":
        return JsonResponse({"method": "post", "submit_url": request.path})
    return login(request, request.POST.get("email"), by_username=False)


@require_http_methods(["GET", "POST"])
@ensure_csrf_cookie
@csrf_protect
def login_session_v2(request):
    """The same, and takes a user's name too."""
    if request.method == "GET":
        return JsonResponse({"method": "post", "submit_url": request.path})
    return login(request, request.POST.get("email_or_username"), by_username=True)


@require_POST
@csrf_protect
def login_ajax(request):
    return login(request, request.POST.get("email"), by_username=False)


@require_GET
def me(request):
    username = signed_in(request)
    if username is None:
        return JsonResponse({"detail": "Authentication credentials were not provided."}, status=401)
    return JsonResponse({"username": username})


@require_GET
def dashboard(request):
    if signed_in(request) is None:
        return redirect(f"/login?next={quote(request.get_full_path())}")
    return page("Dashboard")
