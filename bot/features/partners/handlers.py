"""What members and the clock ask of partners. Nothing is registered yet: so far there are only the rules."""

from bot.kernel.feature import Feature

FEATURE = Feature("partners")
