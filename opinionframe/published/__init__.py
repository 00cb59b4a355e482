"""The paper's printed results, and what follows from them."""

from opinionframe.published.audit import audit_published
from opinionframe.published.results import published
from opinionframe.published.summaries import audit_published_rows

__all__ = ["audit_published", "audit_published_rows", "published"]
