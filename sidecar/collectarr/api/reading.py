"""What comes in with a request, checked and in words for people when it is wrong."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from collectarr.bodies import check_shape, in_time
from collectarr.errors import InvalidError, MediaTypeError, NotFoundError

LARGEST_ID = 2**63 - 1
MOST_PROBLEMS = 20
"""What is wrong beyond that is not told one by one."""
LONGEST_NAME = 100
M = TypeVar("M", bound=BaseModel)
_PROBLEMS = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such field.",
    "bool_parsing": "Give true or false.",
    "bool_type": "Give true or false.",
    "int_parsing": "Give a whole number.",
    "int_type": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "int_parsing_size": "This number is too large.",
    "string_type": "Give text.",
    "list_type": "Give a list.",
    "model_type": "Give an object.",
    "model_attributes_type": "Give an object.",
    "too_short": "At least {min_length} of these.",
    "too_long": "At most {max_length} of these.",
    "string_too_short": "At least {min_length} characters.",
    "string_too_long": "At most {max_length} characters.",
    "greater_than_equal": "At least {ge}.",
    "less_than_equal": "At most {le}.",
    "enum": "Give one of: {expected}.",
    "literal_error": "Give one of: {expected}.",
}


def path_value(request: web.Request, name: str, kind: type) -> Any:
    """A part of the path. An id that no row can have raises NotFoundError."""
    text = request.match_info[name]
    if kind is not int:
        _check_text([text])
        return text
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > LARGEST_ID:
        raise NotFoundError("There is no such thing here.")
    return int(text)


def read_query(request: web.Request, model: type[M]) -> M:
    """What the model does not know is none of our business: it is left out."""
    given = {name: value for name, value in request.query.items() if name in model.model_fields}
    _check_text(list(given.values()))
    return _validated(model, given)


async def read_body(request: web.Request, model: type[M]) -> M:
    """No body at all is an empty object. Raises InvalidError for whatever does not fit."""
    raw = await in_time(request, request.read)
    if not raw.strip():
        return _validated(model, {})
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise MediaTypeError(
            f"Send JSON with “Content-Type: application/json”, not {request.content_type}."
        )
    try:
        data = json.loads(raw, parse_constant=_no_constant)
        check_shape(data)
        _check_text(data)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"This is not JSON: {_where(error)}.", code="json") from None
    if not isinstance(data, dict):
        raise InvalidError("Send a JSON object, in braces.", code="json")
    # From the text: only so does pydantic take no number for a switch, and names for choices.
    return _validated(model, raw)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _check_text(data: Any) -> None:
    for text in _texts(data):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidError(
                "The text has characters that cannot be kept (NUL, or half of a pair).",
                code="characters",
            )


def _texts(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


def _validated(model: type[M], data: dict[str, Any] | bytes) -> M:
    try:
        if isinstance(data, bytes):
            return model.model_validate_json(data, strict=True)
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
        fields = {_name(problem): _words(problem) for problem in problems}
    # What is wrong with the whole is wrong with no field of it.
    whole = fields.pop("", None)
    said = " ".join(f"{name}: {words}" for name, words in fields.items())
    said = " ".join(words for words in (whole, said) if words)
    details = {"fields": fields} if fields else {}
    raise InvalidError(f"This cannot be used. {said}", details=details)


def _name(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"])[:LONGEST_NAME]


def _words(problem: ErrorDetails) -> str:
    known = _PROBLEMS.get(problem["type"])
    if known is not None:
        return known.format(**problem.get("ctx", {}))
    said = problem["msg"].removeprefix("Value error, ")
    return said if said.endswith((".", "?")) else f"{said}."
