"""POST /uploads: a form with which a caller uploads one file, larger than what a request holds.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

import uuid

from api.http import Request, Response, as_json, endpoint
from core.clock import ahead
from core.files import LARGEST_FILE, files

_SECONDS = 15 * 60


@endpoint
def handler(_request: Request) -> Response:
    """Sign the form. What is uploaded starts nothing: the start names its key."""
    key = f"uploads/{uuid.uuid4().hex}"
    form = files().upload_form(key, most_bytes=LARGEST_FILE, seconds=_SECONDS)
    return as_json(200, {**form, "textKey": key, "mostBytes": LARGEST_FILE, "expiresAt": ahead(_SECONDS)})
