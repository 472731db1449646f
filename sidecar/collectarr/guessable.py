"""Passwords that are tried first: well-known words, rows of keys, counting, one's own name."""

import unicodedata
from collections.abc import Iterable

_KNOWN = (
    # What stands on the door.
    "access account admin administrator backup changeme computer default desktop direct enter"
    " enable google guest home internet linux login logon manager microsoft mysql network nothing"
    " office online operator oracle pass passe passcode passphrase passwd passwort password pin"
    " private public remote root samsung secret secure security server service setup signin staff"
    " super superuser support sysadmin system temp temporary test tester testing user username"
    " welcome windows "
    # What stands in the cupboard beside it.
    " collectarr emby jellyfin kodi mdblist media mediaserver plex plexserver radarr sonarr trakt"
    " docker nas synology unraid raspberry movie movies film films cinema series shows "
    # What people love, follow and say.
    " abracadabra alexander amanda america american andrea andrew angel angela angels anthony apple"
    " arsenal ashley asshole august austin babygirl badboy bailey banana barbie barcelona baseball"
    " basketball batman beautiful benjamin bigdaddy biteme blink bond brandon brandy brazil buster"
    " butterfly calvin camaro canada captain carlos carter charles charlie charlotte cheese chelsea"
    " chester chicago chicken chocolate christian christmas chris cookie cool cooper"
    " corvette cowboy cowboys crystal daddy dakota dallas daniel darkness david dexter diablo"
    " diamond doctor dolphin donald dragon dreams eagle eagles elephant eminem england everton"
    " facebook falcon family ferrari fender firebird flower football forever freedom friend friends"
    " fuckyou gandalf garfield george gemini genesis ginger golden golfer gunner hahaha hammer"
    " hannah hardcore harley heather hello hellokitty hockey hotdog hunter iceman iloveu iloveyou"
    " infinity jackson jackie james january jasmine jason jennifer jessica jessie johnny johnson"
    " jonathan jordan joseph joshua julian junior justin kathleen killer kitten knight ladybug"
    " lakers lauren legend letmein letmeinnow liverpool lizard london love lovely loveme lovers"
    " loveyou madison maggie manchester mario marina marine marlboro martin marvin master matrix"
    " matthew maverick maxwell melissa mercedes merlin metallica mexico michael michelle mickey"
    " midnight miller minecraft monday money monica monkey monster morgan mother mountain mustang"
    " naruto nascar natasha nathan newyork nicole nirvana ninja nintendo november october olivia"
    " orange packers paradise panther patrick peaches peanut pepper phantom phoenix player playboy"
    " please pokemon poohbear porsche power prince princess purple qazwsx rabbit rachel raiders"
    " rainbow ranger rangers rebecca redsox richard robert rocket ronaldo rosebud runner rush"
    " samantha samson sandra saturn scooby scooter scorpio scorpion secret september sexy shadow"
    " shannon silver simple skywalker slayer smokey snoopy soccer sophie spider spiderman spongebob"
    " spring starwars startrek steelers stephanie steven summer sunflower sunday sunshine superman"
    " superstar sweet swordfish taylor teacher tennis teresa thomas thunder thx tiger tigger"
    " toyota travis trinity trouble trustme trustno turtle united vampire victor victoria victory"
    " viking warcraft warrior whatever white william willow wilson winner wizard xavier"
    " yamaha yankee yankees yellow zaq zxcvbn hallo schatz passwort geheim fussball sommer winter"
    " bonjour motdepasse soleil azerty doudou loulou hola contrasena tequiero ciao juventus"
    " correcthorsebatterystaple opensesame trustnoone nopassword mypassword yourpassword"
)
WORDS = frozenset(_KNOWN.split())
"""Letters only: what people put around them is taken off before they are looked up."""

ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p", "qazwsxedcrfvtgbyhnujmikolp"),
    *("1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "!@#$%^&*()", '!"§$%&/()='),
    *("abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "1234567891011121314151617181920"),
)
_WALKS = tuple(walk for row in ROWS for walk in (row, row[::-1]))
_DISGUISES = str.maketrans("013457@$!|€", "oieastasile")
_MOST_DECORATION = 8
_SHORTEST_STEP = 2.5
_LONGEST_UNIT = 4


def is_guessable(password: str, *names: str | None) -> bool:
    """Whether somebody who guesses gets there soon. `names`: the user's name and address."""
    plain = folded(password)
    own = {part for name in names if name for part in _names(name)}
    return (
        plain in own
        or _repeats(plain)
        or _walks(plain)
        or any(_is_known(core, own) for core in _cores(plain))
    )


def folded(text: str) -> str:
    """As it is compared: no accent, width or case makes a password another one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _names(name: str) -> Iterable[str]:
    """A name or address, what stands before its @, and each without its signs."""
    for part in (folded(name), folded(name).partition("@")[0]):
        yield part
        yield _letters(part)


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


def _cores(plain: str) -> Iterable[str]:
    """The letters under digits, signs and disguises, where those are not most of it."""
    right = plain.rstrip("0123456789!?.,;:-_*#+~/\\'\"()[]{}<>&%$§=^ ")
    for text in (plain, plain.translate(_DISGUISES), right.translate(_DISGUISES)):
        core = _letters(text)
        if core and len(plain) - len(core) <= _MOST_DECORATION:
            yield core


def _is_known(core: str, own: set[str]) -> bool:
    """One well-known word, two of them, or the same one again and again."""
    if core in own or core in WORDS:
        return True
    return any(
        core[:cut] in WORDS and (core[cut:] in WORDS or not core.replace(core[:cut], ""))
        for cut in range(3, len(core) - 2)
    )


def _repeats(plain: str) -> bool:
    """A few characters again and again."""
    return 0 < (plain + plain).find(plain, 1) <= min(_LONGEST_UNIT, len(plain) // 2)


def _walks(plain: str) -> bool:
    """Rows of keys, of the alphabet, of numbers: long steps along few of them."""
    steps, at = 0, 0
    while at < len(plain):
        at += _step(plain, at)
        steps += 1
    return steps * _SHORTEST_STEP <= len(plain)


def _step(plain: str, at: int) -> int:
    """How many characters from here on are one character, or stand side by side in a row."""
    alike = len(plain) - at - len(plain[at:].lstrip(plain[at]))
    along = 1
    while at + along < len(plain) and any(plain[at : at + along + 1] in row for row in _WALKS):
        along += 1
    return max(alike, along)
