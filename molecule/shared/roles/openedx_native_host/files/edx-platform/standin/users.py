"""Who may sign in, and who is signed in. The session, and with it who that is, is only in the cache."""

from collections import namedtuple

from django.core.cache import cache

# What is special about a user; nothing for most.
LOCKED, THIRD_PARTY, NO_PROFILE = "locked", "third-party", "no-profile"

User = namedtuple("User", "username email trouble", defaults=(None,))

PASSWORD = "not-for-output-staff"
USERS = (
    User("staff", "staff@example.com"),
    User("locked", "locked@example.com", LOCKED),
    User("thirdparty", "thirdparty@example.com", THIRD_PARTY),
    User("noprofile", "noprofile@example.com", NO_PROFILE),
)


def find(name, by_username):
    """The user with this email address or, where a form takes that too, with this name."""
    for user in USERS:
        if name == user.email or (by_username and name == user.username):
            return user
    return None


def signed_in(request):
    return request.session.get("username")


def sign_in(request, username):
    request.session.cycle_key()
    request.session["username"] = username


def count(what, seconds):
    """How often this happened lately, this time included."""
    cache.add(what, 0, seconds)
    try:
        return cache.incr(what)
    except ValueError:  # A cache that keeps nothing.
        return 1
