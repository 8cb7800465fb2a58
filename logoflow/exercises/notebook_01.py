"""Answers to the exercises of notebook 01, from snapshots to training folders."""

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "01-1": Exercise(
        right=(40, 3, 224, 224),
        praise="The photos come first, then the channels, then height and width.",
        hint="A batch is photos x channels x height x width.",
        mistakes=(
            ((40, 224, 224, 3), "The channels come before height and width: C x H x W."),
            (
                (3, 224, 224),
                "This is the shape of one photo. A batch has one more axis, the first.",
            ),
            ((40, 1, 224, 224), "A photo in colour has three channels."),
        ),
    ),
    "01-2": Exercise(
        right=8,
        praise="Seven batches are full, and the last one has the 16 photos that are left.",
        hint="Divide 240 by 32. `DataLoader` keeps the photos that do not fill a batch.",
        mistakes=(
            (7, "16 photos are left. `DataLoader` keeps them, in a batch of their own."),
            (7.5, "There is no half batch: the last one is a batch, though a smaller one."),
        ),
    ),
    "01-3": Exercise(
        right=0.32,
        praise="The crop ends at column 432, so 32 of the 100 columns of the logo are inside.",
        hint="The crop has the columns 208 to 432 and the rows 128 to 352.",
        mistakes=(
            (1, "The logo ends at column 500, and the crop ends at column 432."),
            (0, "The crop reaches from column 208 to column 432, so a part of the logo is inside."),
            (0.68, "This is the share of the logo that is cut off."),
            (32, "This is the number of columns. Divide it by the width of the logo."),
        ),
        tolerance=0.005,
    ),
    "01-4": Exercise(
        right=(0, 3000 / 3960),
        praise="No training photo is without a logo. The test photos have a share of .758, too.",
        hint="Divide the no-logo photos of each split by all its photos. Training has 320 photos "
        "with a logo, and validation has 960.",
        mistakes=(
            (
                (1500 / 1820, 1500 / 2460),
                "These are the shares after half of the no-logo photos were moved.",
            ),
            (
                (1500 / 1820, 3000 / 3960),
                "All 3,000 photos without a logo stay in validation, so training has none.",
            ),
            ((3000 / 3960, 0), "The two numbers are exchanged: training comes first."),
        ),
        tolerance=0.005,
    ),
    "01-5": Exercise(
        right=5,
        praise="The photo is left out, and `splits.notes` says so.",
        hint="Call `load_splits` after the deletion, and look at `len(splits.train)`.",
        mistakes=(
            (6, "That was before the deletion. Call `load_splits` again."),
            (1, "This is the number of notes. How many training photos are left?"),
        ),
    ),
}
