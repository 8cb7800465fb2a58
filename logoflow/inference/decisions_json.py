"""Decisions as plain data, for the JSON file of a model."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from logoflow.inference.auto import Stages
from logoflow.inference.decision import Decision
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.levels import Level


def decisions_to_json(decisions: Mapping[Level, Decision]) -> dict[str, dict]:
    """Convert decisions to plain data for a JSON file.

    Parameters
    ----------
    decisions : mapping of Level to Decision

    Returns
    -------
    dict of str to dict
        Fields of each decision, by the text form of its level.

    Examples
    --------
    >>> list(decisions_to_json({Level("windows", match_logos=True): Decision()}))
    ['windows, match_logos']
    """
    stored = {str(level): asdict(decision) for level, decision in decisions.items()}
    for fields in stored.values():
        if stages := fields["stages"]:
            stages["first"], stages["closer"] = (
                str(Level(**stages[look])) for look in ("first", "closer")
            )
    return stored


def decisions_from_json(stored: Mapping[str, dict]) -> dict[Level, Decision]:
    """Read the decisions that `decisions_to_json` converted.

    Parameters
    ----------
    stored : mapping of str to dict
        Fields of each decision, by the text form of its level.

    Returns
    -------
    dict of Level to Decision

    Raises
    ------
    ValueError
        If `stored` has another form.

    Examples
    --------
    >>> decisions_from_json({"windows": {"temperature": 2.0}})[Level("windows")].temperature
    2.0
    """
    try:
        return {Level.from_text(text): _decision_of(fields) for text, fields in stored.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"These are not decisions by level: {stored} ({error}).") from error


def _decision_of(fields: dict) -> Decision:
    """Read a decision. Decisions of earlier versions lack some fields."""
    decision, test, stages = Decision(**fields), fields.get("familiarity"), fields.get("stages")
    if test is not None:
        weights = tuple(test["weights"])
        decision = replace(decision, familiarity=replace(FamiliarityTest(**test), weights=weights))
    if stages is not None:
        first, closer = (Level.from_text(stages[look]) for look in ("first", "closer"))
        decision = replace(decision, stages=replace(Stages(**stages), first=first, closer=closer))
    return decision
