"""Answers to the exercises of notebook 02, a network from nothing."""

from math import log

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "02-1": Exercise(
        right=(38, 18, 14, 6),
        praise="The flattened row shrinks from 19,200 to 192 x 6 x 6 = 6,912 numbers.",
        hint="Start with 160 and use the formula four times: kernel 11 and stride 4, 3 and 2, "
        "5 and 1, 3 and 2.",
        mistakes=(
            ((54, 26, 22, 10), "These are the sides for photos of 224 x 224, as in Figure 2."),
            ((37, 17, 13, 5), "Add 1 at the end of the formula: the first place counts, too."),
            ((38, 18, 18, 8), "The second convolution has no padding, so its result is smaller."),
        ),
    ),
    "02-2": Exercise(
        right=log(33),
        praise="The first epoch of the Gluon article has 53.8, so its network began far worse.",
        hint="Each class gets the probability 1/33. The loss is minus its logarithm.",
        mistakes=(
            (1 / 33, "This is the probability. The loss is minus its logarithm."),
            (-log(33), "The loss is *minus* the logarithm, so it is positive."),
            (1.519, "Take the natural logarithm, `np.log`, as MXNet does."),
        ),
        tolerance=0.005,
    ),
    "02-3": Exercise(
        right=70_778_910,
        praise="That is nearly as many as the whole network of the Gluon article has.",
        hint="Each of the 30 units has a weight for each pixel and channel, and a bias.",
        mistakes=(
            (23_592_990, "This is for a grey photo. A photo in colour has three channels."),
            (70_778_880, "The biases are missing: each of the 30 units has one."),
            (
                79_212_881,
                "These are the weights of the Gluon article's network. Count those of the MLP.",
            ),
        ),
    ),
    "02-4": Exercise(
        right=(80 / 240, 1 / 17),
        praise="These are the two numbers of LeNet-5 in the table.",
        hint="The accuracy is the share of right answers. For the balanced accuracy, take the "
        "recall of each of the 17 classes, and their mean.",
        mistakes=(
            ((1 / 17, 80 / 240), "The two numbers are exchanged: the accuracy comes first."),
            ((80 / 240, 80 / 240), "One class has the recall 1, and 16 classes have the recall 0."),
            ((80 / 240, 0), "The recall of no-logo is 1, so the mean of the recalls is above 0."),
        ),
        tolerance=0.002,
    ),
    "02-5": Exercise(
        right=log(3) / 3 + 2 / 3 * log(24),
        praise="The last loss of LeNet-5 is no better: it knows no more than the frequencies.",
        hint="The shares are 1/3 for no-logo and 1/24 for each of the 16 brands. Sum up "
        "-share * log(share) over all 17 classes.",
        mistakes=(
            (log(17), "This is the loss of equal shares. No-logo is far more frequent."),
            (1.074, "This is the loss for the articles' split. Take the photos of the sample."),
            (log(3) / 3 + log(24) / 24, "There are 16 brands. Count each of them."),
        ),
        tolerance=0.005,
    ),
}
