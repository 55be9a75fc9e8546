"""How schemathesis writes a body of NDJSON, which it does not know: its program loads this file by itself."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context: object, value: object) -> bytes:
    """Return text as it is, and anything else as one line of JSON."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()
