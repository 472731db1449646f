"""What the templates about people take: register, account, users. Like `views`, in its words."""

from dataclasses import dataclass

from collectarr.pages.parts import Choice, Form, Id, Pager
from collectarr.pages.words import Badge, When


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """`form` fields: username, email, password, confirm. `invite` goes along with it.

    `email` is the address that the invitation is for, which is then not asked.
    """

    form: Form
    invite: str = ""
    email: str = ""
    administrator: bool = False


@dataclass(frozen=True, slots=True)
class SessionLine:
    """`device` in words, such as Firefox on Linux; `key` is what the form sends as `session`."""

    key: str
    device: str
    client: str
    seen: When
    current: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`profile` fields: username, email, proof (the password now). `form` fields: current,
    password, confirm, revoke_keys. `keys`: how many API keys there are.
    """

    form: Form
    profile: Form
    themes: tuple[Choice, ...]
    sessions: tuple[SessionLine, ...]
    email: str = ""
    keys: int = 0


@dataclass(frozen=True, slots=True)
class UserLine:
    id: Id
    name: str
    email: str
    administrator: bool
    oneself: bool
    since: When


@dataclass(frozen=True, slots=True)
class InviteLine:
    """`email` "" = for whoever has the link."""

    id: Id
    email: str
    administrator: bool
    state: Badge
    is_open: bool
    until: When
    by: str
    used_by: str = ""


@dataclass(frozen=True, slots=True)
class UsersPage:
    """`form` fields: username, email, password, role; `invitation`: invite_email, invite_role.

    `link` is that of the invitation just made, shown this once. `closed`: nobody can be invited.
    """

    users: tuple[UserLine, ...]
    invites: tuple[InviteLine, ...]
    form: Form
    invitation: Form
    roles: tuple[Choice, ...]
    invite_roles: tuple[Choice, ...]
    closed: bool
    pager: Pager
    link: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """Each form on its own: details (username, email, role), reset (password), removal (sure)."""

    user: UserLine
    roles: tuple[Choice, ...]
    details: Form
    reset: Form
    removal: Form
