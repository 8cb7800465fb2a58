"""Classifiers that cost nothing. Workers import them from here, as they would a user's module."""

import os
import signal
import time

import pandas as pd


class ByColour:
    """Names a picture by its colour; what it does with some colours a test decides."""

    name = "by-colour"

    def __init__(self, notes=None, deadly=None, broken=None, seconds=0):
        self.notes, self.deadly, self.broken, self.seconds = notes, deadly, broken, seconds

    def predict(self, pictures, level=None, batch_size=32, top_k=3):
        if level is not None and level.read_names:
            raise ValueError("This one cannot read")
        time.sleep(self.seconds)
        colours = [self._colour(picture) for picture in pictures]
        if self.notes and len(pictures[0]) != 64:  # what is tried out beforehand is 64 x 64
            with open(self.notes, "a") as file:
                file.write("".join(f"{os.getpid()} {colour}\n" for colour in colours))
        rows = [(colour, 0.75, [(colour, 0.75), ("none", 0.25)][:top_k]) for colour in colours]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])

    def _colour(self, picture):
        red, _, blue = picture.mean(axis=(0, 1))
        colour = "red" if red > blue + 50 else "blue" if blue > red + 50 else "grey"
        if colour == self.deadly and len(picture) != 64:
            os.kill(os.getpid(), signal.SIGSEGV)  # as a decoder's crash would
        if colour == self.broken:
            raise RuntimeError("cannot stand this colour")
        return colour
