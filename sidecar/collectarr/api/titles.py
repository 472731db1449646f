"""/sources/titles: films and shows by their name, wherever this user can search."""

from pydantic import Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Page, PageQuery, Title, title_fields
from collectarr.sync.find_titles import FoundTitle, find_titles

endpoints = Endpoints("sources")


class TitleQuery(PageQuery):
    query: str = Field(min_length=1, max_length=200)


class FoundTitleShape(Title):
    """`source`: who told it first, `library` for what only a library of the user did."""

    poster: str | None
    in_library: bool
    source: str

    @classmethod
    def of(cls, found: FoundTitle) -> "FoundTitleShape":
        return cls(
            poster=found.poster,
            in_library=found.place is not None,
            source=found.source,
            **title_fields(found.title),
        )


class FoundTitles(Page[FoundTitleShape]):
    """`problems`: what sources that could not be asked just now say."""

    problems: list[str]


@endpoints.get("/sources/titles", "Films and shows by their name, from all that is connected")
async def titles(call: Call, query: TitleQuery) -> FoundTitles:
    found = await find_titles(
        call.db, call.outside, call.services.browsing, call.user.id, query.query
    )
    return FoundTitles(
        items=[FoundTitleShape.of(one) for one in query.part(found.titles)],
        total=len(found.titles),
        page=query.page,
        per_page=query.per_page,
        problems=list(found.problems),
    )
