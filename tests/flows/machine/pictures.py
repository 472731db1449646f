"""Two small posters: ours, and one that a person likes better."""

import io

from PIL import Image

from collectarr.posters.upload import poster_of


def _picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 300), (shade, 20, 255 - shade)).save(out, "PNG")
    return out.getvalue()


OURS = poster_of(_picture(90))
THEIRS = _picture(200)
