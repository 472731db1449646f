"""The pages of the Trakt stand-in that people see: typing a code, allowing an application."""

from collections.abc import Iterable, Mapping
from html import escape

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}}
input,select,button{{font:inherit;padding:.4rem .7rem;margin:.2rem 0}}</style></head>
<body><h1>{title}</h1>{body}</body></html>"""


def page(title: str, body: str, status: int = 200) -> web.Response:
    """`body` is HTML."""
    text = _PAGE.format(title=escape(title), body=body)
    return web.Response(text=text, status=status, content_type="text/html")


def activate_page(users: Iterable[str], code: str, problem: str = "") -> web.Response:
    words = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    form = f"""<p>This stands in for Trakt. Type the code that the other screen shows.</p>{words}
<form method="post" action="/activate">
<p><label>Code <input name="user_code" value="{escape(code)}" autofocus required></label></p>
<p><label>As {_choice(users)}</label></p>
<p><button name="decision" value="approve">Allow</button>
<button name="decision" value="deny">Deny</button></p></form>"""
    return page("Activate a device", form, 400 if problem else 200)


def allow_page(users: Iterable[str], hidden: Mapping[str, str]) -> web.Response:
    """`hidden` comes back with the decision."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    form = f"""<p>This stands in for Trakt. An application would like to read your lists.</p>
<form method="post" action="/oauth/authorize">{fields}
<p><label>As {_choice(users)}</label></p>
<p><button name="decision" value="approve">Allow</button>
<button name="decision" value="deny">Deny</button></p></form>"""
    return page("Allow an application", form)


def _choice(users: Iterable[str]) -> str:
    options = "".join(f"<option>{escape(user)}</option>" for user in users)
    return f'<select name="user">{options}</select>'
