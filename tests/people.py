"""People who use the real app in a test, and what its answers must look like."""

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from collectarr.services import SERVICES, Services

PASSWORD = "three words or more"
Client = TestClient[web.Request, web.Application]


def services_of(client: Client) -> Services:
    app = client.app
    assert app is not None
    return app[SERVICES]


@dataclass
class Person:
    """Somebody who is signed in with a bearer token."""

    client: Client
    name: str
    access: str
    refresh: str
    id: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    async def call(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> ClientResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def get(self, path: str, **options: Any) -> Any:
        """The answer of a request that must go well."""
        response = await self.call("GET", path, **options)
        assert response.status == 200, await response.text()
        return await response.json()

    async def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        response = await self.call("POST", path, {} if body is None else body)
        assert response.status == status, await response.text()
        return await response.json()


async def sign_up(client: Client, name: str, role: str = "administrator") -> Person:
    """The first user by set-up, others as an administrator would make them."""
    auth = services_of(client).auth
    if not await auth.has_users():
        await auth.set_up(name, None, PASSWORD, token="", local=True)
    else:
        await auth.add_user(name, None, PASSWORD, role)
    return await sign_in(client, name)


async def sign_in(client: Client, name: str) -> Person:
    base = services_of(client).settings.base_path
    response = await client.post(
        f"{base}/api/v1/auth/login", json={"username": name, "password": PASSWORD}
    )
    data = await response.json()
    assert response.status == 200, data
    return Person(client, name, data["access_token"], data["refresh_token"], data["user"]["id"])


async def problem(response: ClientResponse, status: int, code: str) -> dict[str, Any]:
    """The one shape of every error, checked; gives its inside."""
    assert response.status == status, await response.text()
    data = await response.json()
    assert set(data) == {"error"}
    assert set(data["error"]) == {"code", "message", "details"}
    assert data["error"]["code"] == code
    assert data["error"]["message"].endswith((".", "?", ")"))
    inside: dict[str, Any] = data["error"]
    return inside
