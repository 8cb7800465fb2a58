import numpy as np
import pytest

from logoflow.datasets.prepared import photos_of
from logoflow.training.fit_head import fit_head


def output_weights(classifier):
    return classifier.net.output.weight.data().asnumpy()


@pytest.fixture(scope="module")
def classifier(small_root):
    return fit_head(small_root, image_size=64)


def test_the_classifier_knows_more_than_the_most_frequent_class(classifier, small_root):
    paths, labels = zip(*photos_of(small_root, "train_data"), strict=True)
    answers = classifier.predict(paths).brand
    assert np.mean(answers == [classifier.classes[label] for label in labels]) > 6 / 14


def test_the_photos_are_preprocessed_at_the_size_asked_for(classifier):
    photo = np.zeros((100, 200, 3), np.uint8)
    assert classifier.preprocess(photo).shape == (3, 64, 64)


def test_the_seed_decides_the_result(classifier, small_root):
    again = fit_head(small_root, image_size=64)
    assert np.array_equal(output_weights(classifier), output_weights(again))
    other = fit_head(small_root, image_size=64, seed=1)
    assert not np.allclose(output_weights(classifier), output_weights(other))
