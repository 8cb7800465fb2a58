"""A page in the browser that names the brand in a picture, and shows why."""
