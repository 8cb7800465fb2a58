"""Answers to the exercises of notebook 08, many URLs."""

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "08-1": Exercise(
        right=100_000 / 85 / 60,
        praise="A million posts would take more than three hours, and long runs get interrupted.",
        hint="Divide the rows by the rows per second, and the seconds by 60.",
        mistakes=(
            (100_000 / 85, "These are seconds. Divide by 60."),
            (100_000 / 85 / 3600, "These are hours. The question is about minutes."),
        ),
        tolerance=0.1,
    ),
    "08-2": Exercise(
        right=11,
        praise="Ten full shards, and one with the 6 rows that are left.",
        hint="Divide 246 by 24. The rows that are left get a shard of their own.",
        mistakes=(
            (10, "6 rows are left. They get a shard of their own."),
            (10.25, "A shard is a file. The last one is a file, too, though a smaller one."),
        ),
    ),
    "08-3": Exercise(
        right="127.0.0.1",
        praise="This is your own machine. logoflow refuses an address that is spelled as one "
        "number.",
        hint="Split the eight digits into four pairs, 7f 00 00 01, and write each in base 10.",
        mistakes=(
            ("7f.00.00.01", "Write each of the four parts in base 10: int('7f', 16)."),
            ("2130706433", "This is the whole number in base 10. Split it into four bytes."),
            ("169.254.169.254", "This is the example from the notebook. Convert 7f000001 instead."),
        ),
    ),
    "08-4": Exercise(
        right=(177 / 241, (0.92 * 48 + 129) / 177),
        praise="A person then looks at a quarter of the pictures instead of all.",
        hint="Two rows of the table stay, with 48 and 129 pictures. Weight their shares by these "
        "numbers.",
        mistakes=(
            (
                (177 / 241, 0.96),
                "The last row has more pictures than the one above, so weight the shares.",
            ),
            ((177, 173.16), "These are pictures. The question is about shares."),
            ((64 / 241, (0.77 * 22 + 0.69 * 42) / 64), "These are the pictures that are dropped."),
        ),
        tolerance=0.003,
    ),
}
