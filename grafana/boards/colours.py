"""The palette: Okabe and Ito's hues, told apart with any colour vision, and readable in both themes.

Orange and sky blue are darkened until they too have a contrast of 3 to 1 against the light and the dark
background (WCAG 2.1, 1.4.11). There is no green: nothing is ever told by red against green.

Reference
---------
M. Okabe, K. Ito. 2008. Color universal design. https://jfly.uni-koeln.de/color/
"""

from collections.abc import Mapping
from typing import Final

BLUE: Final = "#0072B2"
"""As it should be; the figure itself."""
AMBER: Final = "#B87A00"
"""Worth a look."""
VERMILLION: Final = "#D55E00"
"""Something to act on; a limit that is drawn."""
SKY: Final = "#2E8FC6"
PURPLE: Final = "#BC6FA0"
VIOLET: Final = "#7B5FB0"
BROWN: Final = "#8C6D1F"
GREY: Final = "#7F7F7F"
"""Context: what peers do, what is expected, what is not known."""

PALETTE: Final = (BLUE, AMBER, VERMILLION, SKY, PURPLE, VIOLET, BROWN, GREY)

OF_CHANNEL: Final[Mapping[str, str]] = {
    "voice": BLUE,
    "chat": VERMILLION,
    "email": PURPLE,
    "messaging": AMBER,
    "self_service": BROWN,
    "in_person": VIOLET,
    "web_form": SKY,
}
"""A channel has its colour on every board; rarer ones are grey."""
