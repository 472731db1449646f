"""Who may import whom, what stays where, and how long things may get: read from the source."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sidecar" / "collectarr"
WRITTEN = ("sidecar", "tests", "web")
LONGEST_FUNCTION, LONGEST_FILE, MEDIAN_FUNCTION = 50, 400, 10


def parts(text: str) -> set[str]:
    return set(text.split())


EDGE = parts(
    "services accounts trail access auth middleware sync posters store runner models errors"
    " settings"
)
API = EDGE | parts("bodies api_keys emby sources vault live passwords dial __init__")
INSIDE = API | parts("http logs jobs pages api peers throttle tokens limits cors identify arrivals")
EVERYTHING = INSIDE | parts("app commands __main__ demo")
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "errors": set(),
    "models": set(),
    "live": parts("errors"),
    "settings": parts("errors"),
    "dial": parts("errors"),
    "bodies": parts("errors"),
    "http": parts("dial errors __init__"),
    "logs": parts("http settings"),
    "vault": parts("errors"),
    "guessable": set(),
    "passwords": parts("guessable errors"),
    "peers": parts("errors"),
    "throttle": parts("errors"),
    "tokens": parts("errors"),
    "limits": parts("errors"),
    "cors": parts("errors"),
    "arrivals": parts("limits"),
    "api_keys": parts("store live vault models errors"),
    "access": parts("api_keys store"),
    "identify": parts("services access auth store passwords peers errors"),
    "store": parts("models errors"),
    "sources": parts("http settings models errors"),
    "emby": parts("http models errors"),
    "runner": parts("store live http models errors"),
    "sync": parts("posters sources emby store runner live vault http dial settings models errors"),
    "posters": parts("emby store http models errors"),
    "auth": parts(
        "access api_keys arrivals cors limits tokens store vault live settings models errors"
        " passwords peers sessions throttle"
    ),
    "sessions": parts("access live models errors peers settings store tokens vault"),
    "services": parts("auth runner live vault settings store sync posters"),
    "accounts": parts("services passwords guessable peers vault store models errors"),
    "trail": parts("access services store"),
    "middleware": parts(
        "access api_keys bodies cors identify limits services auth settings errors models store"
        " passwords"
    ),
    "jobs": parts("services sync posters store runner models errors"),
    "pages": EDGE | parts("api_keys bodies dial sources peers __init__"),
    "api": API,
    "app": INSIDE,
    "commands": EVERYTHING - {"__main__"},
    "__main__": EVERYTHING,
    "demo": INSIDE | {"app"},
}
PURE = (
    *("match", "plan", "guard", "combine", "rules", "same", "names"),
    *("titles", "index", "claims", "reasons", "corrections"),
)
LIBRARY_AT_HOME = {
    "aiosqlite": ("store/",),
    "jwt": ("tokens.py",),
    "bcrypt": ("passwords.py",),
    "aiocron": ("jobs/", "runner.py"),
}
SESSION_AT_HOME = ("app.py", "demo/", "commands/")
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA)\s+\S")
EMPTY_WORDS = parts("manager helper helpers util utils common base impl")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the package, with forward slashes."""

    path: str
    tree: ast.Module

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def part(self) -> str:
        return self.path.split("/")[0].removesuffix(".py")

    def stands_in(self, places: Iterable[str]) -> bool:
        return any(self.path.startswith(place) for place in places)

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)


def planted(path: str, text: str) -> Source:
    return Source(path, ast.parse(text))


@cache
def sources(folder: Path = PACKAGE) -> tuple[Source, ...]:
    return tuple(
        planted(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    )


def imported(source: Source, modules: frozenset[str]) -> set[str]:
    """Our modules that a file imports, anywhere in it; `__init__` is the package itself."""
    found: set[str] = set()
    for node in source.nodes():
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                known = whole.removeprefix("collectarr.") in modules
                found.add(whole if known else f"{node.module}")
    ours = {name for name in found if name.split(".")[0] == "collectarr"}
    return {name.removeprefix("collectarr").removeprefix(".") or "__init__" for name in ours}


def arrows(files: Iterable[Source]) -> dict[str, set[str]]:
    files = list(files)
    modules = frozenset(source.module for source in files)
    return {source.module: imported(source, modules) - {source.module} for source in files}


def forbidden_arrows(files: Iterable[Source]) -> list[str]:
    wrong = []
    for module, targets in arrows(files).items():
        part = module.split(".")[0]
        allowed = MAY_IMPORT.get(part, set()) | {part}
        wrong += [f"{module} -> {name}" for name in targets if name.split(".")[0] not in allowed]
    return sorted(wrong)


def cycles(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" -> ".join(error.args[1])]
    return []


def import_cycles(files: Iterable[Source]) -> list[str]:
    return cycles(arrows(files))


def strangers(files: Iterable[Source]) -> list[str]:
    """Parts that the table does not know."""
    return sorted({source.part for source in files} - set(MAY_IMPORT))


def relative_imports(source: Source) -> list[str]:
    return [
        f"line {node.lineno}"
        for node in source.nodes()
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def sql(source: Source) -> list[str]:
    if source.part == "store":
        return []
    return [
        f"line {node.lineno}: {node.value[:40]!r}"
        for node in source.nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]


def environment(source: Source) -> list[str]:
    if source.path == "settings.py":
        return []
    asked = ("environ", "getenv")
    return [
        f"line {node.lineno}"
        for node in source.nodes()
        if (isinstance(node, ast.Attribute) and node.attr in asked)
        or (isinstance(node, ast.ImportFrom) and any(name.name in asked for name in node.names))
    ]


def libraries_away(source: Source) -> list[str]:
    names = set()
    for node in source.nodes():
        if isinstance(node, ast.Import):
            names |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    away = names & set(LIBRARY_AT_HOME)
    return sorted(name for name in away if not source.stands_in(LIBRARY_AT_HOME[name]))


def new_sessions(source: Source) -> list[str]:
    if source.stands_in(SESSION_AT_HOME):
        return []
    return [
        f"line {node.lineno}"
        for node in source.nodes()
        if isinstance(node, ast.Call)
        and "ClientSession" in (getattr(node.func, "attr", ""), getattr(node.func, "id", ""))
    ]


def waits_where_pure(source: Source) -> list[str]:
    if source.part != "sync" or source.module.split(".")[-1] not in PURE:
        return []
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    return [f"line {node.lineno}" for node in source.nodes() if isinstance(node, waits)]


def type_checking(source: Source) -> list[str]:
    return [
        "TYPE_CHECKING"
        for node in source.nodes()
        if "TYPE_CHECKING" in (getattr(node, "id", ""), getattr(node, "attr", ""))
    ]


def empty_names(source: Source) -> list[str]:
    """A function may speak of a base address; a class or a module may not be a base.

    The service is what `collectarr serve` runs; anything else may not end on that word.
    """
    nodes = list(source.nodes())
    things = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    things.append(source.module.split(".")[-1])
    acts = [node.name for node in nodes if isinstance(node, Function)]
    found = [name for name in things if said(name) & EMPTY_WORDS]
    found += [name for name in things if re.search(r"[a-z]Service$|_service$", name)]
    return found + [name for name in acts if said(name) & (EMPTY_WORDS - {"base"})]


def said(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def functions(source: Source) -> list[tuple[int, str]]:
    """Length in lines and name of every function."""
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{source.path}: {node.name}")
        for node in source.nodes()
        if isinstance(node, Function)
    ]


def long_functions(source: Source) -> list[str]:
    return [
        f"{name}, {lines} lines" for lines, name in functions(source) if lines > LONGEST_FUNCTION
    ]


RULES: dict[str, Callable[[Source], list[str]]] = {
    "relative import": relative_imports,
    "SQL outside store/": sql,
    "the environment read outside settings.py": environment,
    "a library away from its home": libraries_away,
    "a second ClientSession": new_sessions,
    "waiting in a pure module": waits_where_pure,
    "TYPE_CHECKING": type_checking,
    "a name that says nothing": empty_names,
    "a long function": long_functions,
}
PLANTED = {
    "relative import": ("runner.py", "from .models import Kind"),
    "SQL outside store/": ("api/runs.py", "q = 'SELECT id FROM runs'"),
    "the environment read outside settings.py": ("app.py", "import os\nx = os.environ['A']"),
    "a library away from its home": ("emby/client.py", "import aiosqlite"),
    "a second ClientSession": ("sync/outside.py", "s = aiohttp.ClientSession()"),
    "waiting in a pure module": ("sync/match.py", "async def match(): ..."),
    "TYPE_CHECKING": ("http.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING: ..."),
    "a name that says nothing": ("runner.py", "class RunManager: ..."),
    "a long function": ("http.py", "def long():\n" + "    a = 1\n" * LONGEST_FUNCTION),
}


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps_the_rule(rule: str) -> None:
    broken = {source.path: found for source in sources() if (found := RULES[rule](source))}
    assert not broken, f"{rule}: {broken}"


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_finds_a_planted_fault(rule: str) -> None:
    assert RULES[rule](planted(*PLANTED[rule]))


def test_every_arrow_is_in_the_table() -> None:
    assert forbidden_arrows(sources()) == []


def test_a_planted_arrow_is_found_even_inside_a_function() -> None:
    store = planted("store/db.py", "def late():\n    from collectarr.sync import plan")
    assert forbidden_arrows([store, planted("sync/plan.py", "")]) == ["store.db -> sync.plan"]


def test_every_part_is_in_the_table() -> None:
    assert strangers(sources()) == []


def test_the_table_itself_has_no_cycle() -> None:
    assert cycles({part: allowed - {part} for part, allowed in MAY_IMPORT.items()}) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert import_cycles(sources()) == []


def test_a_planted_circle_is_found() -> None:
    one = planted("sync/plan.py", "from collectarr.sync.guard import guard")
    other = planted("sync/guard.py", "from collectarr.sync import plan")
    assert import_cycles([one, other])


def test_functions_are_short_at_the_median() -> None:
    found = sorted((f for source in sources() for f in functions(source)), reverse=True)
    assert median(lines for lines, _ in found) < MEDIAN_FUNCTION, f"The longest: {found[:10]}"


def test_no_function_of_the_tests_is_long() -> None:
    assert [line for source in sources(ROOT / "tests") for line in long_functions(source)] == []


def test_no_file_is_long() -> None:
    texts = {".py", ".html", ".css", ".js", ".sql"}
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in WRITTEN
        for path in (ROOT / folder).rglob("*")
        if path.suffix in texts
    }
    assert len(lines) > 100
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}
