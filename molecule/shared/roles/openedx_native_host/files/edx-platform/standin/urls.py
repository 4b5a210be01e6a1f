"""The few addresses of edx-platform that a health check and a login need."""

from django.conf import settings
from django.urls import path

from standin import lms, oauth, pages, studio

# Studio has these, too, where the real one sends everybody to the LMS.
urlpatterns = [
    path("heartbeat", pages.heartbeat),
    path("logout", pages.logout),
    path("csrf/api/v1/token", lms.csrf_token),
    path("api/user/v1/me", lms.me),
    path("api/user/v1/account/login_session/", lms.login_session),
]

LMS_ONLY = [
    path("login", lms.login_page),
    path("login_ajax", lms.login_ajax),
    path("user_api/v1/account/login_session/", lms.login_session),
    path("api/user/v2/account/login_session/", lms.login_session_v2),
    path("dashboard", lms.dashboard),
    path("oauth2/authorize", oauth.authorize),
    path("oauth2/access_token", oauth.access_token),
    path("oauth2/user_info", oauth.user_info),
]

STUDIO_ONLY = [
    path("home", studio.home),
    path("home/", studio.home),
    path("signin_redirect_to_lms", studio.signin_redirect_to_lms),
    path("login/", studio.login),
    path("login/edx-oauth2/", studio.begin),
    path("complete/edx-oauth2/", studio.complete),
]

if settings.HAS_CELERY:
    from standin import queueing

    LMS_ONLY.append(path("standin/queue", queueing.queue))

if settings.HAS_MYSQL:
    from standin import writing

    LMS_ONLY.append(path("standin/write", writing.write))

urlpatterns += LMS_ONLY if settings.SERVICE_VARIANT == "lms" else STUDIO_ONLY
urlpatterns = [address for address in urlpatterns if str(address.pattern) not in settings.MISSING_PATHS]
