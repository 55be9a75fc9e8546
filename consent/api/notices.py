"""What a collection point asks for now, in which words: so that an app shows exactly those."""

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from consent import places
from consent.api.document import described
from consent.api.fields import Channel, Language
from consent.api.keys import place_of
from consent.models import ApiKey

router = Router(tags=["capture"])


class AskedFor(BaseModel):
    """A purpose in its published wording."""

    purpose: str = Field(description="Short name of the purpose.")
    name: str
    channels: list[Channel]
    optional: bool = Field(description="Whether it is asked for; what is not optional is only told.")
    needs_confirmation: bool = Field(description="Whether the person confirms through the number itself.")
    notice_version: int
    language: str
    text: str


@router.get(
    "/notices", response=list[AskedFor], operation_id="list_notices", **described(ApiKey.Scope.CAPTURE, body=False)
)
def list_notices(request: HttpRequest, language: Query[Language]) -> list[AskedFor]:
    """List what the collection point asks for in a language, each in its newest published wording.

    Show the text as it is, one unticked box for each purpose and channel that is optional, and send its version with
    what was chosen. The list is empty where nothing is published in the language.
    """
    return [
        AskedFor(
            purpose=asked.purpose.slug,
            name=asked.purpose.name,
            channels=list(asked.channels),
            optional=asked.optional,
            needs_confirmation=asked.purpose.needs_confirmation,
            notice_version=asked.notice.version,
            language=asked.notice.language,
            text=asked.notice.text,
        )
        for asked in places.asked(place_of(request), language=language)
    ]
