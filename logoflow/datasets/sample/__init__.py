"""The sample: photos of sixteen brands, drawn from a seed."""
