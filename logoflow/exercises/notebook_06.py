"""Answers to the exercises of notebook 06, improve the training."""

from logoflow.exercises.exercise import Exercise


def smooth(target: list[float], amount: float) -> list[float]:
    """Return a target vector with smoothed labels."""
    return [(1 - amount) * share + amount / len(target) for share in target]


EXERCISES = {
    "06-1": Exercise(
        right=0.05,
        praise="The photos on which both are right, or both are wrong, do not count.",
        hint="Only photos on which the two networks differ change the accuracy. Take the "
        "difference of 20 and 14, and divide it by all photos.",
        mistakes=(
            (
                20 / 120,
                "The 14 photos that only the old network has right are a loss. Subtract.",
            ),
            (6 / 34, "Divide by all photos, 120, not by those on which the networks differ."),
            (6, "This is the number of photos. Divide it by all photos, 120."),
        ),
        tolerance=0.002,
    ),
    "06-2": Exercise(
        right=(2, 0.5),
        praise="Every class now adds up to the same weight: 20 in this example.",
        hint="80 photos in 4 classes: if all classes were equally large, each would have 20. "
        "Divide 20 by the number of photos that the class has.",
        mistakes=(
            ((0.5, 2), "The two numbers are exchanged: 10 photos come first."),
            ((8, 2), "The sum over all photos would be 320. Divide by the number of classes."),
            ((0.125, 0.5), "These are shares of all photos. A rare class needs a larger weight."),
        ),
        tolerance=0.005,
    ),
    "06-3": Exercise(
        right=(0.45, 0.55),
        praise="Two of three networks prefer bmw, but the third is surer of ford, so ford wins.",
        hint="Take the mean of the three first numbers, and the mean of the three second numbers.",
        mistakes=(
            ((2 / 3, 1 / 3), "These are shares of votes. Take the mean of the probabilities."),
            ((1.35, 1.65), "These are sums. Divide by the number of networks."),
            ((0.55, 0.45), "The two numbers are exchanged: bmw comes first."),
        ),
        tolerance=0.005,
    ),
    "06-4": Exercise(
        right=1 - 0.95**20,
        praise="Whoever tries twenty such ideas probably finds one that seems to work.",
        hint="An interval misses zero by chance with a probability of .05. First compute the "
        "probability that all twenty contain zero.",
        mistakes=(
            (0.95**20, "This is the probability that all twenty contain zero."),
            (1, "On average, one of twenty intervals misses zero. That is not certain."),
            (0.05, "This is the probability for one idea. There are twenty."),
        ),
        tolerance=0.005,
    ),
    "06-5": Exercise(
        right=smooth,
        praise="The sum stays 1, and no class is impossible.",
        hint="Multiply every share by 1 - amount, and add amount divided by the number of classes.",
        inputs=(([0.0, 0.0, 1.0], 0.0), ([0.0, 0.0, 1.0], 0.3), ([1.0, 0.0, 0.0, 0.0], 0.1)),
    ),
}
