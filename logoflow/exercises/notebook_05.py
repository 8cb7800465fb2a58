"""Answers to the exercises of notebook 05, measure and decide."""

from math import exp

from logoflow.exercises.exercise import Exercise


def soften(scores: list[float], temperature: float) -> list[float]:
    """Return the softmax of the scores divided by the temperature."""
    powers = [exp(score / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


EXERCISES = {
    "05-1": Exercise(
        right=5 / 6,
        praise="In five of six pairs, the photo with the logo has the higher score.",
        hint="There are 3 x 2 pairs of a photo with and a photo without a logo. In which share of "
        "them does the photo with the logo have the higher score?",
        mistakes=(
            (5, "This is the number of pairs. Divide it by the number of all pairs."),
            (1 / 6, "These are the pairs in the wrong order."),
            (1, "One pair is in the wrong order: .4 with a logo, .5 without."),
        ),
        tolerance=0.005,
    ),
    "05-2": Exercise(
        right=0.15,
        praise="The bin with more photos counts more.",
        hint="Take the gap between confidence and share right in each bin, times the photos in "
        "it. Divide the sum by all photos.",
        mistakes=(
            (0.2, "This is the plain mean of the gaps. The second bin has three times the photos."),
            (0, "Gaps in both directions are errors. Do not let them cancel out."),
            (6, "Divide by the number of all photos, 40."),
        ),
        tolerance=0.005,
    ),
    "05-3": Exercise(
        right=(0.8, 0.4),
        praise="Half of the named brands are false alarms, and the first number leaves them out.",
        hint="Divide the right brands by the named brands, first without the photos that have no "
        "logo, then with them.",
        mistakes=(
            ((0.4, 0.8), "The two numbers are exchanged: FlickrLogos-32's precision comes first."),
            ((0.8, 0.8), "The second number also counts the 50 false alarms as named brands."),
        ),
        tolerance=0.005,
    ),
    "05-4": Exercise(
        right=960,
        praise="The width falls with the square root of the number of photos.",
        hint="Four times as many photos make an interval half as wide.",
        mistakes=(
            (480, "Twice the photos make the interval narrower by the square root of 2 only."),
            (720, "These are the photos to add. The question is about all photos."),
        ),
    ),
    "05-5": Exercise(
        right=soften,
        praise="The order of the classes stays, so no temperature changes the answer.",
        hint="Divide the scores by the temperature first, and put the results through softmax.",
        inputs=(([2.0, 1.0, 0.0], 1.0), ([2.0, 1.0, 0.0], 2.0), ([-1.0, 3.0], 0.5)),
    ),
}
