"""The first pass over the files of an API Management instance. It writes nothing."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct, field

from hoistway.imports.apim_records import Arm, NoRecord, Parts, folder_parts, parts_of, read_arm, split_id
from hoistway.imports.apim_service import Service, TooMuch
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.policy_text import LONGEST as LONGEST_POLICY
from hoistway.imports.records import BadFile, Facts, Record, records_of
from hoistway.imports.sources import Source
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text_file import NotUtf8, text_of

MOST_FAULTS: Final = 1_000
MOST_PAGES: Final = 1_000_000
MOST_INSTANCES: Final = 10
STREAMED: Final = frozenset(("users", "subscriptions"))


class Reading(Struct):
    """`streamed` are the files that the second pass reads, by what is in them: users, subscriptions."""

    service: Service = field(default_factory=Service)
    streamed: dict[str, list[Source]] = field(default_factory=dict)


def look(sources: Sequence[Source], reading: Reading, told: Callable[[int], None]) -> Looked:
    looked = Looked()
    for source in sources:
        facts = Facts()
        try:
            if source.path.suffix.lower() == ".xml":
                _policy_file(source, reading.service)
            else:
                _file(source, reading, facts)
        except BadFile as error:
            looked.faults.append(str(error))
        except TooMuch as error:
            looked.faults.append(f"{source.name}: {error}")
        if facts.has_next:
            _hear_part(source, sources, looked)
        told(source.size)
        if len(looked.faults) >= MOST_FAULTS:
            break
    _tell(reading.service, looked)
    return looked


def _hear_part(source: Source, sources: Sequence[Source], looked: Looked) -> None:
    """Each page but the last names a next one: NAME-2 follows NAME-1."""
    stem, sign, word = source.path.stem.rpartition("-")
    number = read_whole(word, 0, MOST_PAGES)
    after = "" if number is None else f"{stem}{sign}{number + 1}"
    if not any(one.path.parent == source.path.parent and one.path.stem == after for one in sources):
        looked.notes.append(
            f"{source.name} names a next page (nextLink), and it is not among the files: a part is missing. What is here is taken; "
            "fetch the rest, and import it, too"
        )


def _policy_file(source: Source, service: Service) -> None:
    """policy.xml of APIOps. Raises BadFile, TooMuch."""
    parts = folder_parts(source.name)
    scope = parts if parts[:1] == ("policyfragments",) else (*parts, "policies", "policy")
    # Registered first: whose policy can't be read is open to nobody.
    service.policy(source.name, 0, scope, "")
    if source.size > 4 * LONGEST_POLICY:
        service.refuse(source.name, 0, parts, f"has more than {LONGEST_POLICY >> 20} MB: no policy is as long")
        return
    try:
        text = text_of(source.path.read_bytes())
    except NotUtf8 as error:
        raise BadFile(source, error.line, 1 if error.line else 0, str(error)) from None
    service.keep(len(text))
    service.policy(source.name, 0, scope, text)


def _file(source: Source, reading: Reading, facts: Facts) -> None:
    """Raises BadFile, TooMuch."""
    kinds: set[str] = set()
    for record in records_of(source, facts):
        arm, parts = _read(source, record, reading.service)
        if arm is None:
            continue
        if is_streamed_part(parts):
            kinds.add(parts[0])
        try:
            if arm.primary_key or arm.secondary_key:
                reading.service.hear_pair(arm)
            else:
                reading.service.keep(0 if is_streamed_part(parts) else len(memoryview(arm.properties)))
                reading.service.hear(source.name, record.line, parts, arm)
        except NoRecord as error:
            # Users and subscriptions are told when their file is read again.
            if not is_streamed_part(parts):
                reading.service.refuse(source.name, record.line, parts, str(error))
    for kind in kinds:
        reading.streamed.setdefault(kind, []).append(source)


def is_streamed_part(parts: Parts) -> bool:
    return len(parts) == 2 and parts[0] in STREAMED


def _read(source: Source, record: Record, service: Service) -> tuple[Arm | None, Parts]:
    """None where it can't be read, which is told."""
    try:
        if record.because:
            raise NoRecord(record.because)
        arm = read_arm(record.raw)
    except NoRecord as error:
        service.refuse(source.name, record.line, (), str(error))
        if source.path.stem == "policy":
            service.policy(source.name, record.line, (*folder_parts(source.name), "policies", "policy"), "")
        return None, ()
    if arm.primary_key or arm.secondary_key:
        return arm, ("secrets",)
    path = split_id(arm.id or "")[0]
    if path and len(service.paths) < MOST_INSTANCES:
        service.paths.add(path)
    return arm, parts_of(source.name, arm)


def _tell(service: Service, looked: Looked) -> None:
    if len(service.paths) > 1:
        names = ", ".join(sorted(one.rpartition("/")[2][:80] for one in service.paths)[:3])
        looked.faults.append(
            f"there are records of {len(service.paths)} instances ({names}): put each into a folder of its own, and import one after the other"
        )
    if service.others:
        known = ", ".join(f"{kind} ({count})" for kind, count in sorted(service.others.items()))
        looked.notes.append(f"not carried over, because nothing here is like it: {known}")
    if service.replaced:
        looked.notes.append(
            f"{service.replaced} subscriptions have several pairs of keys: of each the last one in the files counts"
        )
    if service.subscriptions and not service.pairs:
        looked.notes.append(
            "there are no keys: lists of subscriptions have none, so fetch the pairs into secrets.ndjson (docs/migrate/apim.md)"
        )
