"""Model specs, what they can do and what they cost."""

from __future__ import annotations

from nyx.services.catalog.listing import Comparison
from nyx.services.catalog.pricing import Measure, Quote, quote
from nyx.services.catalog.service import CatalogService
from nyx.services.catalog.spec import BadCatalog, Capability, ModelSpec, load_shipped

__all__ = ["BadCatalog", "Capability", "CatalogService", "Comparison", "Measure", "ModelSpec", "Quote", "load_shipped", "quote"]
