"""The paper: its models, its printed results, and what can be recomputed from them."""

from opinionframe.paper.audit import audit
from opinionframe.paper.audit_rows import audit_rows
from opinionframe.paper.claims import claims
from opinionframe.paper.models import models
from opinionframe.paper.published import published

__all__ = ["audit", "audit_rows", "claims", "models", "published"]
