"""Generate the sample data set: photos with the logos of sixteen brands, drawn from a seed."""
