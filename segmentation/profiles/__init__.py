"""What segments look like: description, differences in words, and why a line is where it is."""
