"""Answers to the exercises of notebook 04, which brand is at this address."""

from urllib.parse import quote

from logoflow.exercises.exercise import Exercise


def url_of_name(address: str, name: str) -> str:
    """Return the URL of a file on a server, with all special characters of the name quoted."""
    return f"{address}/{quote(name)}"


EXERCISES = {
    "04-1": Exercise(
        right="refused",
        praise="Otherwise a stranger's address could make a service read its own secret files.",
        hint="Call `lf.get_image` in a `try`, and look at `error.kind` of the `FetchError`.",
        mistakes=(
            ("not_found", "The file is there. logoflow does not even look for it."),
            ("not_an_image", "logoflow never reads the file, so it cannot know what it is."),
        ),
    ),
    "04-2": Exercise(
        right=2.69,
        praise="The article's network gives this answer less than three times the probability of "
        "a guess.",
        hint="A guess gives each class 1/33. Divide .081522 by this.",
        mistakes=(
            (0.37, "Divide the other way round: by the probability of a guess."),
            (0.081522, "This is the probability itself. Divide it by 1/33."),
        ),
        tolerance=0.01,
    ),
    "04-3": Exercise(
        right=224,
        praise="The plain network gets the centre of the photo in pixels from 0 to 255. It was "
        "trained on whole photos with normalised pixels.",
        hint="A plain network knows no preprocessing, so `classify_logo` takes the Gluon article's "
        "(see notebook 01).",
        mistakes=(
            (160, "That is the size of the classifier. A plain network does not know it."),
            (512, "That is the photo. The article cuts a square out of it."),
        ),
    ),
    "04-4": Exercise(
        right=url_of_name,
        praise="`quote` does not change slashes, so addresses with folders work, too.",
        hint="`urllib.parse.quote` writes spaces and other special characters as % and a number.",
        inputs=(
            ("http://127.0.0.1:8000", "cup.jpg"),
            ("http://127.0.0.1:8000", "two cups.jpg"),
            ("https://example.com", "café/50% off?.jpg"),
        ),
    ),
}
