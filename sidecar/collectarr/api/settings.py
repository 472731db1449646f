"""/settings: what administrators decide for the whole installation."""

from dataclasses import asdict

from pydantic import BaseModel, Field, field_validator

from collectarr.api.collection_upkeep import Share
from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Body
from collectarr.dial import HOME_NETWORKS, MOST_NETWORKS, network_texts
from collectarr.errors import InvalidError
from collectarr.store import installation
from collectarr.sync.define_upkeep import AT_ONCE
from collectarr.sync.hold import usual_limits
from collectarr.trail import note

endpoints = Endpoints("settings")


class GuardLimits(Body):
    """How much a sync may take out of a box set without asking, where its collection says nothing
    else: more than `share` of 1 and more than `at_once` titles wait for a person, and so does
    more than `week_share` within seven days.
    """

    share: Share
    at_once: int = Field(ge=AT_ONCE[0], le=AT_ONCE[1])
    week_share: Share


class InstallationSettings(BaseModel):
    """`allowed_networks`: where users who are no administrators may have servers."""

    allowed_networks: list[str]
    guard: GuardLimits


class SettingsChange(Body):
    """What is left out stays."""

    allowed_networks: list[str] | None = Field(None, max_length=MOST_NETWORKS)
    guard: GuardLimits | None = None

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, value: list[str] | None) -> list[str] | None:
        try:
            return value if value is None else network_texts(value)
        except InvalidError as error:
            raise ValueError(error.message) from None


@endpoints.get("/settings", "What holds for the whole installation", access="admin", scope="admin")
async def show(call: Call) -> InstallationSettings:
    allowed = await installation.allowed_networks(call.db)
    return InstallationSettings(
        allowed_networks=list(HOME_NETWORKS if allowed is None else allowed),
        guard=GuardLimits(**asdict(await usual_limits(call.db))),
    )


@endpoints.patch(
    "/settings",
    "Change what holds for the whole installation",
    access="admin",
    example={"allowed_networks": ["192.168.0.0/16", "10.0.0.0/8"]},
)
async def change(call: Call, body: SettingsChange) -> InstallationSettings:
    if body.allowed_networks is not None:
        await installation.set_allowed_networks(call.db, body.allowed_networks)
        await note(
            call.request,
            "settings_changed",
            changed=["allowed_networks"],
            allowed_networks=body.allowed_networks,
        )
    if body.guard is not None:
        await installation.set_guard_limits(call.db, body.guard.model_dump())
        await note(call.request, "settings_changed", changed=["guard"])
    return await show(call)
