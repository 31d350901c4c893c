"""Measures rows: checks that both sides compute the same thing, then runs them in turn."""

import dataclasses
import statistics
import sys
from typing import Callable, Optional

import numpy

from runner.sides import Failed, Peak, Side


@dataclasses.dataclass
class Row:
    """A line of the table: which sides of its group are compared, and what the aims are. `limit` gives, of the machine's
    figures, the best that is possible in the row's unit, and says in words what that is."""

    key: str
    title: str
    aims: tuple
    ours: str = "hearth"
    idiomatic: str = "idiomatic"
    tuned: str = "tuned"
    ours_tuned: Optional[str] = None  # the side that is compared with the tuned one, where that is another
    limit: Optional[Callable] = None


@dataclasses.dataclass
class Group:
    """Rows that share sides, which run in turn. `sides` has commands, `tolerance` how far each one's check may lie from
    that of the first side. `unit` is "images/s", of which more is better, or "s" or "MB", of which less is."""

    rows: list
    sides: Callable  # makes the commands, when it is the group's turn
    tolerance: dict
    unit: str = "images/s"
    pairs: Optional[int] = None  # where it is not that of the others


def compare(reference, values, tolerance, name):
    if reference.shape != values.shape:
        raise Failed(f"{name} computes {values.size} numbers where the reference has {reference.size}")
    if values.size and not numpy.isfinite(values).all():
        raise Failed(f"{name} computes numbers that are not finite")
    difference = float(numpy.max(numpy.abs(reference - values), initial=0))
    if difference > tolerance:
        raise Failed(f"{name} differs by {difference:g} from the reference, and may by {tolerance:g}")
    return difference


def one(side, unit):
    if unit == "MB":
        with Peak(side) as peak:
            side.round()
        return peak.bytes / 1e6
    amount, seconds = side.round()
    return seconds if unit == "s" else amount / seconds


def run(group, pairs, folder, progress=True):
    """Every side's figures, pair by pair, how far each side's check lay from the reference, and the memory that it had
    before it did anything, in MB."""
    running, empty = [], {}
    try:
        for name, command in group.sides().items():
            # One after the other: hearth's programs look how busy the machine is when they start.
            running.append(Side(name, command))
            empty[name] = running[-1].ready().memory() / 1e6
        reference = running[0].check(folder)
        if not reference.size:
            raise Failed(f"{running[0].name} has nothing to compare")
        differences = {side.name: compare(reference, side.check(folder), group.tolerance.get(side.name, 0), side.name)
                       for side in running[1:]}
        for side in running:
            side.round()  # warming up
        figures = {side.name: [] for side in running}
        for pair in range(group.pairs or pairs):
            for side in running:
                figures[side.name].append(one(side, group.unit))
            if progress:
                print(".", end="", flush=True, file=sys.stderr)
        return figures, differences, empty
    finally:
        for side in running:
            side.end()


def ratios(ours, theirs, unit):
    """How many times better ours is, pair by pair."""
    return [a / b if unit == "images/s" else b / a for a, b in zip(ours, theirs)]


def spread(values):
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def result_of(row, group, figures, differences, empty, limits):
    result = {"key": row.key, "title": row.title, "unit": group.unit}
    sides = {"hearth": row.ours, "hearth_tuned": row.ours_tuned, "idiomatic": row.idiomatic, "tuned": row.tuned}
    result["sides"] = {role: {**spread(figures[name]), "values": figures[name], "difference": differences.get(name, 0)}
                       for role, name in sides.items() if name}
    if group.unit == "MB":
        for role, side in result["sides"].items():
            side["before"] = empty[sides[role]]
    result["ratios"] = {
        against: {**spread(ratios(figures[(against == "tuned" and row.ours_tuned) or row.ours], figures[sides[against]],
                                  group.unit)), "aim": aim}
        for against, aim in zip(("idiomatic", "tuned"), row.aims)}
    if row.limit:
        best, words = row.limit(limits)
        if best:
            ours = max((result["sides"][role]["median"] for role in ("hearth", "hearth_tuned") if role in result["sides"]),
                       key=lambda value: value if group.unit == "images/s" else -value)
            result["limit"] = {"value": best, "words": words,
                               "distance": best / ours if group.unit == "images/s" else ours / best}
    return result


def failed_row(row, group, reason):
    return {"key": row.key, "title": row.title, "unit": group.unit, "failed": reason}
