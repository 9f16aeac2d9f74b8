"""The words of an exemption (`domain.md §5`); timing with them comes with a later issue."""

from __future__ import annotations

from enum import StrEnum


class ExemptionEnd(StrEnum):
    """Which end of the parcel's way the region is matched against."""

    ORIGIN = "ORIGIN"
    DESTINATION = "DESTINATION"
    EITHER = "EITHER"


class ExemptionBasis(StrEnum):
    """What has to fall in the exemption's window."""

    DEADLINE = "DEADLINE"
    PAID_AT = "PAID_AT"
    SHIP_BY = "SHIP_BY"
