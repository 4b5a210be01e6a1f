"""Queues tasks, as a page of the real one does when somebody hands in an answer."""

from django.http import JsonResponse
from django.views.decorators.http import require_GET

from standin.tasks import record


@require_GET
def queue(request):
    first, count = int(request.GET["first"]), int(request.GET.get("count", 1))
    for number in range(first, first + count):
        record.delay(number, float(request.GET.get("seconds", 0.02)))
    return JsonResponse({"queued": count})
