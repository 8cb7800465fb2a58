"""Fetch one picture from its URL, safely."""
