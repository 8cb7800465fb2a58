"""A classifier and test photos into a report; experiments that compare recipes."""
