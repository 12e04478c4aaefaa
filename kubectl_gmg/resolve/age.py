"""Who is older: the creation time, then the name (`spec/v1beta1.md` D-26)."""

from __future__ import annotations

from datetime import UTC, datetime

from kubectl_gmg.model.origin import ObjectRef

Age = tuple[bool, datetime, ObjectRef]

NEWEST = datetime.max.replace(tzinfo=UTC)


def by_age(created: str | None, ref: ObjectRef) -> Age:
    """Sorts the oldest first; what has no readable time counts as the newest, ties go by namespace, then name."""
    moment = instant(created)
    return moment is None, moment or NEWEST, ref


def instant(created: str | None) -> datetime | None:
    """The moment that a creation time names."""
    try:
        moment = datetime.fromisoformat(created or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
