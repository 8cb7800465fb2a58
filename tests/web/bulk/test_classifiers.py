import cloudpickle
import pytest
from stubs import ByColour

from logoflow.web.bulk import classifiers
from logoflow.web.bulk.classifiers import (
    classifier_of,
    digest_of,
    register_classifier,
    unregister_classifier,
)


def test_runs_with_the_same_classifier_share_it():
    pickled = cloudpickle.dumps(ByColour())
    for run in ("one", "two"):
        register_classifier(run, pickled)
    assert classifier_of("one") is classifier_of("two")
    assert digest_of("one") == digest_of("two")


def test_the_end_of_a_run_removes_only_its_own_classifier():
    pickled = cloudpickle.dumps(ByColour())
    for run in ("one", "two"):
        register_classifier(run, pickled)
    unpickled = classifier_of("one")
    unregister_classifier("one")
    assert classifier_of("two") is unpickled
    with pytest.raises(RuntimeError, match="was not given"):
        classifier_of("one")
    unregister_classifier("two")
    assert not set(classifiers._pickled) - set(classifiers._digest_of_run.values())


def test_the_next_run_with_the_same_classifier_need_not_unpickle_it():
    pickled = cloudpickle.dumps(ByColour())
    register_classifier("one", pickled)
    unpickled = classifier_of("one")
    unregister_classifier("one")
    register_classifier("two", pickled)
    assert classifier_of("two") is unpickled
    unregister_classifier("two")
