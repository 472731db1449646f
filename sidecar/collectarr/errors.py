"""Every error that Collectarr raises on purpose.

CollectarrError
├── InvalidError            400  the request cannot be understood
│   └── MediaTypeError      415  the request is not in a form that we read
├── SignInError             401  no valid credentials
├── ForbiddenError          403  signed in, but not allowed
├── NotFoundError           404  there is no such thing, or it is somebody else's
├── ConflictError           409  it clashes with what is there
├── ThrottledError          429  too many requests
├── StoreError              500  the data folder or the database cannot be used
├── CancelledRunError       409  a person cancelled the run
└── UpstreamError           502  another program answered badly
    ├── UnavailableError    503  down, slow, over its limit: try later
    ├── RejectedError       422  it refuses us: credentials, permission, private, unknown
    └── UnexpectedAnswerError    502  it answered something we do not understand

A message says what happened and what to do, without secrets: it is shown to people.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class CollectarrError(Exception):
    """Base of all; `code` is for programs, the message for people."""

    status: ClassVar[int] = 500
    code: str = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details: dict[str, Any] = dict(details or {})


class InvalidError(CollectarrError):
    status = 400
    code = "invalid"


class MediaTypeError(InvalidError):
    status = 415
    code = "content_type"


class SignInError(CollectarrError):
    status = 401
    code = "sign_in"


class ForbiddenError(CollectarrError):
    status = 403
    code = "forbidden"


class NotFoundError(CollectarrError):
    status = 404
    code = "not_found"


class ConflictError(CollectarrError):
    status = 409
    code = "conflict"


class ThrottledError(CollectarrError):
    """Carries how many seconds to wait."""

    status = 429
    code = "throttled"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code, details={"retry_after": retry_after})
        self.retry_after = retry_after


class StoreError(CollectarrError):
    code = "store"


class CancelledRunError(CollectarrError):
    status = 409
    code = "cancelled"


class UpstreamError(CollectarrError):
    """Another program answered badly; `upstream` is its name for people."""

    status = 502
    code = "upstream"

    def __init__(
        self,
        message: str,
        *,
        upstream: str = "",
        code: str | None = None,
        http_status: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, details=details)
        self.upstream = upstream
        self.http_status = http_status


class UnavailableError(UpstreamError):
    """Try later; `retry_after` in seconds where the upstream named it.

    `said`: the beginning of its answer without secrets; `requests_left` as it counted them.
    """

    status = 503
    code = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        upstream: str = "",
        code: str | None = None,
        http_status: int | None = None,
        retry_after: float | None = None,
        said: str = "",
        requests_left: int | None = None,
    ) -> None:
        super().__init__(message, upstream=upstream, code=code, http_status=http_status)
        self.retry_after = retry_after
        self.said = said
        self.requests_left = requests_left


class RejectedError(UpstreamError):
    status = 422
    code = "rejected"


class UnexpectedAnswerError(UpstreamError):
    code = "unexpected_answer"
