"""Answers to the exercises of notebook 03, transfer learning."""

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "03-1": Exercise(
        right=42_273,
        praise="1,280 features and a bias for each of 33 classes: 1,281 x 33.",
        hint="Each class has a weight for each of the 1,280 features, and a bias.",
        mistakes=(
            (42_240, "The biases are missing: each class has one."),
            (21_777, "This is the number for 17 classes."),
        ),
    ),
    "03-2": Exercise(
        right=0.7,
        praise="One of ten passes, and a higher threshold would miss more logos.",
        hint="For each threshold, count the scores that reach it. One of the ten may reach it.",
        mistakes=(
            (0.6, "At .6, two photos pass: .60 and .80."),
            (0.8, "At .8 only one photo passes, but at .7 it is still only one."),
            (0.9, "At .9 no photo passes. One of ten may pass, so lower the threshold."),
            (0.5, "At .5, two photos pass: .60 and .80."),
        ),
    ),
    "03-3": Exercise(
        right=(93.8 / (93.8 + 0.113 * 9900), 86.2 / (86.2 + 0.012 * 9900)),
        praise="Without the threshold, twelve of thirteen named brands are false alarms.",
        hint="Count the logos that are found, 100 x recall, and the false alarms, 9,900 x rate. "
        "Divide the logos found by the sum of both.",
        mistakes=(
            ((0.938, 0.862), "This is the recall: the share of the 100 logos that are found."),
            (
                (86.2 / (86.2 + 0.012 * 9900), 93.8 / (93.8 + 0.113 * 9900)),
                "The two numbers are exchanged: without the threshold comes first.",
            ),
            (
                (0.938 / (0.938 + 0.113), 0.862 / (0.862 + 0.012)),
                "Rates of different numbers of photos cannot be added. Count photos first.",
            ),
        ),
        tolerance=0.005,
    ),
    "03-4": Exercise(
        right=3,
        praise="Epochs 0 and 1 were complete. Epoch 2 begins again, then 3 and 4 follow.",
        hint="The resume file is written at the end of each epoch. The epochs are 0 to 4.",
        mistakes=(
            (2, "Epoch 2 was not complete, so nothing of it was saved. It is trained again, too."),
            (5, "Two epochs were complete, and the resume file has their weights."),
        ),
    ),
    "03-5": Exercise(
        right=2_467_857,
        praise="The last five blocks hold most of the weights: later blocks have more maps.",
        hint="Call `lf.freeze_features(net, keep_last=5)`, then `trained_weights(net)`.",
        mistakes=(
            (21_777, "That is the output layer alone. Say `keep_last=5`."),
            (1_515_537, "That is for `keep_last=3`, as in the table."),
            (3_392_785, "Those are all weights of the network. Freeze some of them first."),
        ),
    ),
}
