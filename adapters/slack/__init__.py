"""Slack: payloads become events, cards become blocks."""
