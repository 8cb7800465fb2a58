"""The only place that decodes pictures."""
