"""How many examples a property test tries."""

from hypothesis import settings


def examples(share: float) -> settings:
    """`share` of what the profile tries, for tests in which one example costs much or little."""
    profile = settings.get_profile(settings.get_current_profile_name())
    return settings(max_examples=round(share * profile.max_examples))
