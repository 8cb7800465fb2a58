"""Compose photos of logos from artwork: read it, print it, bend it, light it, and photograph it."""
