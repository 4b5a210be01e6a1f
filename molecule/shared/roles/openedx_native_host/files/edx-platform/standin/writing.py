"""Writes to MySQL, as a page of the real one does when somebody hands in an answer."""

from django.db import connection, transaction
from django.http import JsonResponse
from django.views.decorators.http import require_GET


def database_answers():
    """Whether a query is answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


@require_GET
def write(request):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO standin_writes (number, text) VALUES (%s, %s)", [request.GET["number"], "نعم"])
    return JsonResponse({"written": 1})
