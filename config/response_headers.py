"""What every answer tells browsers and proxies about keeping it: nothing of a person's pages is kept anywhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseFileResponse

# What an answer depends on beside its address: who asks, for a page or a part of it, in which language.
VARIES_ON = ("Cookie", "HX-Request", "Accept-Language")
# Arguments of a route that open something to whoever knows them: they are neither logged nor told as a referrer.
SECRET_ARGUMENTS = frozenset({"token", "key"})


def secrets_of(request: HttpRequest) -> list[str]:
    """What of the address of a request must stay between its sender and us."""
    match = request.resolver_match
    return [str(match.kwargs[name]) for name in SECRET_ARGUMENTS & match.kwargs.keys()] if match else []


class PrivateAnswersMiddleware:
    """Static files may be kept; all else (pages, parts, files, errors, redirections) is stored by nobody.

    So the back button shows nothing after signing out, and no proxy hands one person's page to another. It stands
    outside of all that can answer in a view's place.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, WhiteNoiseFileResponse):
            return response
        response["Cache-Control"] = "no-store, private"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        patch_vary_headers(response, VARIES_ON)
        if secrets_of(
            request
        ):  # not "no-referrer": browsers then hide the origin too, by which we know our own forms
            response["Referrer-Policy"] = "strict-origin"
        return response
