import json

from logoflow.inference.decision import Decision
from logoflow.inference.decisions_json import decisions_from_json, decisions_to_json
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.levels import Level


def test_decisions_go_through_json_by_the_text_of_their_level():
    test = FamiliarityTest((0.5, 1.0), -2.0, 0.4, 0.1, 30)
    tested = Decision(threshold=0.5, familiarity=test)
    decisions = {Level("whole"): Decision(), Level("windows", True, True): tested}
    stored = json.loads(json.dumps(decisions_to_json(decisions)))
    assert list(stored) == ["whole", "windows, match_logos, read_names"]
    assert decisions_from_json(stored) == decisions
