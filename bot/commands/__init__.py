"""What `whetstone ...` does without a platform."""
