from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import Decision
from logoflow.inference.describe import description
from logoflow.inference.levels import Level
from logoflow.loading.augment import make_augs
from logoflow.models.finetune import finetune_net


def test_a_classifier_is_printed_with_brands_backbone_size_and_decisions():
    net = finetune_net(3, "efficientnet_lite0")
    _, augs = make_augs("logoflow", net, image_size=96)
    decisions = {Level("whole"): Decision(0.9), Level("windows", read_names=True): Decision(0.8)}
    classifier = LogoClassifier(net, ("bmw", "dhl", "no-logo"), augs, decisions=decisions)
    assert repr(classifier) == description(classifier)
    assert repr(classifier).splitlines() == [
        "LogoClassifier: 2 brands (bmw, dhl) and no-logo",
        "  efficientnet_lite0, 3.4 million weights, photos of 96 x 96 pixels",
        '  level "whole" by default; decisions for "whole", "windows, read_names"',
    ]


def test_of_many_brands_the_first_are_named():
    names = [f"brand{number:02d}" for number in range(30)]
    net = finetune_net(30, "efficientnet_lite0")
    _, augs = make_augs("logoflow", net, image_size=96)
    first_line = repr(LogoClassifier(net, names, augs)).splitlines()[0]
    assert first_line.startswith("LogoClassifier: 30 brands (brand00, ")
    assert first_line.endswith("brand07, …)")
