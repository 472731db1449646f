"""The one icon set of the pages, as inline SVG."""

from functools import lru_cache

from lucide.jinja import lucide
from markupsafe import Markup


@lru_cache(maxsize=512)
def icon(name: str, size: int = 20) -> Markup:
    """The Lucide icon `name`, `size` CSS pixels wide, hidden from assistive technology.

    Icons only accompany words, so they never speak. Raises lucide.IconDoesNotExist.
    """
    return Markup(  # noqa: S704 - the SVG comes from the wheel, name and size from templates
        lucide(name, size=size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"})
    )
