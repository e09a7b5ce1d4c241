"""The refusals of Slack's Web API: `ok` is false and `error` is a word."""

from typing import Any


class ApiError(Exception):
    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.body: dict[str, Any] = {"ok": False, "error": error, **more}


def missing_scope(needed: str, provided: str) -> ApiError:
    return ApiError("missing_scope", needed=needed, provided=provided)


def invalid_arguments(*messages: str) -> ApiError:
    """The sentences come along, as Slack sends them."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in messages]})


def invalid_blocks(*messages: str) -> ApiError:
    found = [f"[ERROR] {one}" for one in messages]
    return ApiError("invalid_blocks", errors=list(messages), response_metadata={"messages": found})
