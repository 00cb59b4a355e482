"""The paper's printed results, and what follows from them."""

from opinionframe.paper.audit import audit_published
from opinionframe.paper.audit_rows import audit_published_rows
from opinionframe.paper.published import published

__all__ = ["audit_published", "audit_published_rows", "published"]
