"""Figures. They take arrays and frames, and show themselves with a caption and alternative text."""
