import cloudpickle
import mxnet as mx
import pytest
from stubs import ByColour

import logoflow as lf
from logoflow.loading.augment import make_augs
from logoflow.web.bulk.pickling import pickle_classifier


@pytest.fixture
def classifier():
    mx.random.seed(0)
    net = lf.lenet5(3)
    net.initialize(mx.init.Xavier())
    net(mx.nd.zeros((1, 3, 224, 224)))
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    return lf.LogoClassifier(net, ["adidas", "aldi", "no-logo"], augs)


def test_a_saved_classifier_has_the_name_of_the_original(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    _, model, _ = pickle_classifier(classifier)
    assert pickle_classifier(tmp_path / "model")[1] == model
    assert model.startswith("lenet5-")


def test_other_weights_are_another_model(classifier):
    before = pickle_classifier(classifier)[1]
    classifier.net.initialize(mx.init.Xavier(), force_reinit=True)
    assert pickle_classifier(classifier)[1] != before


def test_other_objects_are_named_by_their_name_or_class():
    unnamed = type("Unnamed", (ByColour,), {"name": None})
    assert pickle_classifier(ByColour())[1] == "by-colour"
    assert pickle_classifier(unnamed())[1] == "Unnamed"


def test_the_pickle_is_the_classifier():
    _, _, pickled = pickle_classifier(ByColour(seconds=0.5))
    assert cloudpickle.loads(pickled).seconds == 0.5


def test_an_object_that_cannot_be_pickled_raises():
    class Unpicklable(ByColour):
        def __reduce__(self):
            raise RuntimeError("holds a connection")

    with pytest.raises(TypeError, match="cannot be sent to workers.*holds a connection"):
        pickle_classifier(Unpicklable())
