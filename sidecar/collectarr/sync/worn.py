"""What we know of the poster of one box set, and whose the one is that it has now."""

from dataclasses import asdict, dataclass
from typing import Any

from collectarr.store.targets import Target

NONE, OURS, EMBY, THEIRS = "none", "ours", "emby", "theirs"


@dataclass(slots=True)
class Worn:
    """What we know of the poster of one box set. Pictures are named by their hash.

    sent      ours, as last put there       made_of   what it was drawn from
    tag       the one it has there          emby      the tag of Emby's own
    sending   sent, not seen there yet      over      the tag that was there then
    theirs    a person's tag that we told of; "none": ours was taken away
    replace   a person wants ours there, whatever is there now
    replaced  a person's picture that ours took the place of
    fresh     made, or ours taken away, just now: what settles there and is not ours is Emby's own
    bare      it settled without any: whoever made the next one, nobody knows
    seen      the tag at the last look
    put_back  what is being sent is a person's picture again
    undone    the wish that was taken back: until there is another, or ours is asked for, it rests
    """

    sent: str | None = None
    made_of: str | None = None
    tag: str | None = None
    emby: str | None = None
    sending: str | None = None
    over: str | None = None
    theirs: str | None = None
    replace: bool = False
    replaced: str | None = None
    fresh: bool = False
    bare: bool = False
    seen: str | None = None
    put_back: bool = False
    undone: str | None = None

    @classmethod
    def of(cls, target: Target) -> "Worn":
        return cls(**{key: target.poster[key] for key in cls.__slots__ if key in target.poster})

    def whose(self, tag: str | None) -> str:
        if not tag:
            return NONE
        return OURS if tag == self.tag else EMBY if tag == self.emby else THEIRS

    def stored(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value}

    def arrived(self, tag: str) -> None:
        """What was sent is there, under this tag."""
        if self.put_back:
            self.sent, self.tag, self.made_of, self.theirs = None, None, None, tag
        else:
            self.sent, self.tag, self.theirs = self.sending, tag, None
        self.sending, self.over, self.replace = None, None, False
        self.fresh, self.bare, self.put_back = False, False, False
