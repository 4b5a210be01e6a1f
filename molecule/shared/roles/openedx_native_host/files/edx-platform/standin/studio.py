"""Signing in at Studio: with the LMS's own session (up to Lilac), or by asking the LMS (from Maple on)."""

import json
from secrets import token_urlsafe
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from standin.pages import page
from standin.users import sign_in, signed_in

COMPLETE = "/complete/edx-oauth2/"
SECONDS = 5


@require_GET
def home(request):
    if signed_in(request) is None:
        login = "/login/" if settings.OAUTH_KEY else "/signin_redirect_to_lms"
        return redirect(f"{login}?next={quote(request.path)}")
    return page("Studio Home")


@require_GET
def signin_redirect_to_lms(request):
    """Up to Lilac: whoever signs in at the LMS is signed in here, too."""
    back = request.build_absolute_uri(request.GET.get("next", "/"))
    return redirect(f"{settings.LMS_ROOT_URL}/login?{urlencode({'next': back})}")


@require_GET
def login(request):
    return redirect(f"/login/edx-oauth2/?{urlencode({'next': request.GET.get('next', '/home')})}")


@require_GET
def begin(request):
    request.session["state"] = state = token_urlsafe(24)
    request.session["next"] = request.GET.get("next", "/home")
    question = {
        "client_id": settings.OAUTH_KEY,
        "redirect_uri": request.build_absolute_uri(COMPLETE),
        "state": state,
        "response_type": "code",
        "scope": "user_id profile email",
    }
    return redirect(f"{settings.OAUTH_PUBLIC_URL_ROOT}/oauth2/authorize?{urlencode(question)}")


@require_GET
def complete(request):
    """Who comes back has to be who was sent away; then the LMS is asked, from here, who that is."""
    state = request.session.pop("state", None)
    if state is None or request.GET.get("state") != state:
        raise PermissionDenied("The state is not that of this session.")
    proof = {
        "client_id": settings.OAUTH_KEY,
        "client_secret": settings.OAUTH_SECRET,
        "code": request.GET.get("code", ""),
        "redirect_uri": request.build_absolute_uri(COMPLETE),
        "grant_type": "authorization_code",
    }
    token = ask_lms("access_token", data=urlencode(proof).encode())["access_token"]
    who = ask_lms("user_info", headers={"Authorization": f"Bearer {token}"})
    next_page = request.session.pop("next")
    sign_in(request, who["preferred_username"])
    return redirect(next_page)


def ask_lms(what, **request):
    """Breaks, as the real one does, with whatever is wrong with the LMS's answer."""
    question = Request(f"{settings.OAUTH_URL_ROOT}/oauth2/{what}", **request)
    with build_opener(ProxyHandler({})).open(question, timeout=SECONDS) as answer:
        return json.load(answer)
