"""A classifier that costs nothing. Workers import this module as they would a user's own."""

import os
import signal
import time

import pandas as pd


class ByColour:
    """Name a picture by its colour.

    Parameters
    ----------
    log : path, optional
        File that gets a line with the process id and the colour for each picture.
    deadly : str, optional
        Colour that crashes the process.
    broken : str, optional
        Colour that raises an error.
    seconds : float
        Duration of a prediction.
    """

    name = "by-colour"

    def __init__(self, log=None, deadly=None, broken=None, seconds=0):
        self.log, self.deadly, self.broken, self.seconds = log, deadly, broken, seconds

    def predict(self, pictures, level=None, batch_size=32, top_k=3):
        if level is not None and level.read_names:
            raise ValueError("This one cannot read")
        time.sleep(self.seconds)
        colours = [self._colour(picture) for picture in pictures]
        if self.log and len(pictures[0]) != 64:  # classify_urls tries out a picture of 64 x 64
            with open(self.log, "a") as file:
                file.write("".join(f"{os.getpid()} {colour}\n" for colour in colours))
        rows = [(colour, 0.75, [(colour, 0.75), ("none", 0.25)][:top_k]) for colour in colours]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])

    def _colour(self, picture):
        red, _, blue = picture.mean(axis=(0, 1))
        colour = "red" if red > blue + 50 else "blue" if blue > red + 50 else "grey"
        if colour == self.deadly and len(picture) != 64:
            os.kill(os.getpid(), signal.SIGSEGV)  # as if a decoder crashed
        if colour == self.broken:
            raise RuntimeError("cannot stand this colour")
        return colour
