"""Every table of the app; importing this module fills SQLModel.metadata for the migrations."""

from __future__ import annotations

from nyx.models.catalog import ModelFavourite, ModelOverride, ProviderListing
from nyx.models.credits import CreditAccount, CreditEntry, CreditHold, CreditHoldAllocation, CreditLot, EntryKind, HoldStatus, LotSource
from nyx.models.generation import Attempt, AttemptOutcome, Generation, GenerationInput, GenerationStatus, InputRole, Job, JobState
from nyx.models.media import Collection, CollectionItem, DownloadTicket, Media, MediaOrigin, ThumbnailState
from nyx.models.people import Draft, Installation, Role, User, UserSession
from nyx.models.prompts import PresetKind, PromptPreset
from nyx.models.sharing import ShareLink

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "Collection",
    "CollectionItem",
    "CreditAccount",
    "CreditEntry",
    "CreditHold",
    "CreditHoldAllocation",
    "CreditLot",
    "DownloadTicket",
    "Draft",
    "EntryKind",
    "Generation",
    "GenerationInput",
    "GenerationStatus",
    "HoldStatus",
    "InputRole",
    "Installation",
    "Job",
    "JobState",
    "LotSource",
    "Media",
    "MediaOrigin",
    "ModelFavourite",
    "ModelOverride",
    "PresetKind",
    "PromptPreset",
    "ProviderListing",
    "Role",
    "ShareLink",
    "ThumbnailState",
    "User",
    "UserSession",
]
