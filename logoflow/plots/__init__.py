"""Draw figures from arrays and data frames."""
