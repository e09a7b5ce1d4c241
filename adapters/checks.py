"""What `whetstone doctor PLATFORM` looks at on every platform."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.commands.doctor import Finding

SLOW = timedelta(seconds=2)  # a platform's clock and ours; answers to a press are due within three seconds of its
WRONG = timedelta(seconds=30)


def check_clock(platform: str, ahead: timedelta | None, now: datetime) -> Iterator[Finding]:
    """The difference to the platform's clock, which is exact to about a second. `ahead`: theirs less ours."""
    if ahead is None:
        yield Finding("clock", "warning", f"{platform} did not say what time it is", "Look again in a minute.")
        return
    seconds = abs(ahead.total_seconds())
    which = "slow" if ahead > timedelta() else "fast"
    fix = "Let the machine set its clock by the network: timedatectl set-ntp true"
    if abs(ahead) > WRONG:
        yield Finding("clock", "broken", f"it is {seconds:.0f} s {which}, says {platform}'s", fix)
    elif abs(ahead) > SLOW:
        yield Finding("clock", "warning", f"it is {seconds:.0f} s {which}, says {platform}'s", fix)
    else:
        yield Finding("clock", "fine", f"{now:%Y-%m-%d %H:%M} UTC, as {platform}'s")
