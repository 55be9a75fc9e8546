"""What every answer says about itself: what a browser may do with it, and whether anybody may keep it."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin

# Pages of staff: the admin, and where they sign in.
STAFF = ("/admin/", "/account/")
# No page uses a camera, a microphone, a place or a payment; passkeys are for our own pages alone.
PERMISSIONS_POLICY = ", ".join(
    [
        *(f"{name}=()" for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


class SecureHeaders(MiddlewareMixin):
    """Names the content security policy of staff's pages, which django-csp writes, and lets nobody keep them."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response with its headers."""
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.path_info.startswith(STAFF):
            response._csp_config = settings.STAFF_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
            # The catalogue of translations is a script without anybody's data, and is asked for on every page.
            if not request.path_info.endswith("/jsi18n/"):
                patch_cache_control(response, no_store=True, private=True)
        return response
