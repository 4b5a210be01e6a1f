"""The LMS lets Studio ask it who somebody is (from Maple on).

Codes and tokens are signed texts, where the real LMS keeps them in MySQL.
"""

from urllib.parse import quote, urlencode

from django.conf import settings
from django.core import signing
from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from standin.pages import page
from standin.users import signed_in

CODE, TOKEN = "oauth-code", "oauth-token"
A_MINUTE = 60


def fatal(description):
    """The error page of django-oauth-toolkit, for what must not be sent back to the client."""
    return page("Error", f"<h2>Error: invalid_request</h2><p>{description}</p>", status=400)


@require_GET
def authorize(request):
    client = settings.OAUTH_CLIENTS.get(request.GET.get("client_id"))
    redirect_uri = request.GET.get("redirect_uri")
    if client is None:
        return fatal("Invalid client_id parameter value.")
    if redirect_uri not in client["redirect_uris"]:
        return fatal("Mismatching redirect URI.")
    username = signed_in(request)
    if username is None:
        return redirect(f"/login?next={quote(request.get_full_path())}")
    answer = {"code": signing.dumps(username, salt=CODE), "state": request.GET.get("state", "")}
    return redirect(f"{redirect_uri}?{urlencode(answer)}")


@csrf_exempt
@require_POST
def access_token(request):
    client = settings.OAUTH_CLIENTS.get(request.POST.get("client_id"))
    if client is None or request.POST.get("client_secret") != client["secret"]:
        return JsonResponse({"error": "invalid_client"}, status=401)
    try:
        username = signing.loads(request.POST.get("code", ""), salt=CODE, max_age=A_MINUTE)
    except signing.BadSignature:
        return JsonResponse({"error": "invalid_grant"}, status=400)
    return JsonResponse({"access_token": signing.dumps(username, salt=TOKEN), "token_type": "Bearer"})


@require_GET
def user_info(request):
    token = request.headers.get("Authorization", "").partition(" ")[2]
    try:
        username = signing.loads(token, salt=TOKEN, max_age=A_MINUTE)
    except signing.BadSignature:
        return JsonResponse({"error": "invalid_token"}, status=401)
    return JsonResponse({"preferred_username": username})
