"""How a run ended, in one sentence for people. Pure."""

from collections.abc import Sequence

from collectarr.models import RunStatus
from collectarr.runner import Outcome
from collectarr.store.collections import Collection
from collectarr.sync.view import Result

MOST_TROUBLES = 3


def outcome_of(
    collection: Collection,
    wanted: int,
    owned: int,
    results: Sequence[Result],
    problems: Sequence[str],
) -> Outcome:
    """One collection's. "Not in the library" is no failure."""
    failed = [result for result in results if result.error]
    held = {str(result.server.id): result.held for result in results if result.held}
    counts = _counts(wanted, owned, results)
    code = next((result.error_code for result in failed if result.error_code), None)
    if not wanted and problems:
        return Outcome(RunStatus.FAILED, " ".join(problems), "list", counts)
    if not results:
        words = "There is no server to sync to yet; the list is ready."
        return Outcome(RunStatus.SUCCESS, " ".join([*problems, words]), None, counts)
    sentences = [*problems, *(f"{x.server.name}: {x.error}" for x in failed)]
    sentences += [problem for result in results for problem in result.problems]
    sentences += [str(result.held["message"]) for result in results if result.held]
    sentences.append(_done(counts, results, collection.name))
    message = " ".join(sentence for sentence in sentences if sentence)
    if len(failed) == len(results):
        return Outcome(RunStatus.FAILED, message, code, counts)
    if held:
        return Outcome(RunStatus.HELD, message, None, counts, held)
    if failed or problems or counts["refused"] or any(x.problems for x in results):
        return Outcome(RunStatus.PARTIAL, message, code, counts)
    return Outcome(RunStatus.SUCCESS, message, None, counts)


def _counts(wanted: int, owned: int, results: Sequence[Result]) -> dict[str, int]:
    return {
        "wanted": wanted,
        "owned": owned,
        "added": sum(len(result.added) for result in results),
        "removed": sum(len(result.removed) for result in results),
        "waiting": sum(len(result.plan.remove) for result in results if result.held),
        "kept_out": sum(len(result.plan.kept_out) for result in results),
        "refused": sum(len(result.refused) for result in results),
        "refilled": sum(len(result.plan.lost) for result in results),
    }


def _done(counts: dict[str, int], results: Sequence[Result], name: str) -> str:
    if all(result.stopped for result in results):
        return f"{name} is left alone on its servers, as you asked."
    sentences = []
    if counts["added"]:
        sentences.append(f"Added {_titles(counts['added'])}.")
    if counts["removed"]:
        sentences.append(f"Took out {_titles(counts['removed'])}.")
    renamed = dict.fromkeys(result.renamed for result in results if result.renamed)
    sentences += [f"It is called {called} in Emby now." for called in renamed]
    sentences += dict.fromkeys(note for result in results for note in result.notes)
    rests = {f"{x.plan.rest.words}." for x in results if x.plan.rest and not x.held}
    sentences += sorted(rests)
    if counts["refilled"]:
        sentences.append(f"Emby had lost {_titles(counts['refilled'])}; put back.")
    if counts["kept_out"]:
        sentences.append(
            f"{_titles(counts['kept_out']).capitalize()} taken out by hand in Emby: kept out."
        )
    if counts["refused"]:
        sentences.append(f"Emby did not take {_titles(counts['refused'])}.")
    if not sentences and not any(x.error or x.held or x.problems for x in results):
        sentences.append("Nothing to change.")
    return " ".join(sentences)


def _titles(number: int) -> str:
    return "1 title" if number == 1 else f"{number} titles"


def outcome_of_all(outcomes: Sequence[Outcome], troubles: Sequence[str] = ()) -> Outcome:
    """Of a run of several collections. `troubles`: what went wrong where."""
    statuses = [outcome.status for outcome in outcomes]
    totals: dict[str, int] = {}
    for outcome in outcomes:
        for key, value in outcome.counts.items():
            totals[key] = totals.get(key, 0) + value
    bad = [outcome for outcome in outcomes if outcome.status is RunStatus.FAILED]
    message = f"{len(outcomes)} collections: {_summary(statuses)}."
    if totals.get("added") or totals.get("removed"):
        message += f" Added {totals['added']}, took out {totals['removed']}."
    message = " ".join([message, *list(dict.fromkeys(troubles))[:MOST_TROUBLES]])
    if outcomes and len(bad) == len(outcomes):
        return Outcome(RunStatus.FAILED, bad[0].message, bad[0].error_code, totals)
    if bad or RunStatus.PARTIAL in statuses:
        status = RunStatus.PARTIAL
    elif RunStatus.HELD in statuses:
        status = RunStatus.HELD
    else:
        status = RunStatus.SUCCESS
    return Outcome(status, message, None, totals)


def _summary(statuses: Sequence[RunStatus]) -> str:
    names = (
        (RunStatus.SUCCESS, "in step"),
        (RunStatus.PARTIAL, "in part"),
        (RunStatus.HELD, "waiting for you"),
        (RunStatus.FAILED, "failed"),
    )
    counted = [(statuses.count(status), name) for status, name in names]
    return ", ".join(f"{number} {name}" for number, name in counted if number)
