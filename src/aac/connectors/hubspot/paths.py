"""The addresses of HubSpot's API, which moved when versions became dates: `/crm/v3/objects/deals` is
`/crm/objects/2026-09/deals` now. What is asked and answered there is the same.
"""

from __future__ import annotations

from aac.records import record

OLD = "v3"


@record
class Paths:
    """The addresses in one version, `v3` or a dated one."""

    version: str

    def objects(self, object: str) -> str:
        return self._crm("objects", object)

    def search(self, object: str) -> str:
        return f"{self.objects(object)}/search"

    def batch(self, object: str) -> str:
        return f"{self.objects(object)}/batch/read"

    def owners(self) -> str:
        return self._crm("owners")

    def pipelines(self, object: str) -> str:
        return self._crm("pipelines", object)

    def properties(self, object: str) -> str:
        return self._crm("properties", object)

    def associations(self, of: str, to: str) -> str:
        """Labels came with version 4, which the dated ones go on from."""
        place = "/crm/v4/associations" if self.version == OLD else f"/crm/associations/{self.version}"
        return f"{place}/{of}/{to}/batch/read"

    def schemas(self) -> str:
        return f"/crm-object-schemas/{self.version}/schemas"

    def account(self) -> str:
        return f"/account-info/{self.version}/details"

    def token(self) -> str:
        """Where a refresh token gets another token; that interface had a version 1 before it was dated."""
        return "/oauth/v1/token" if self.version == OLD else f"/oauth/{self.version}/token"

    def _crm(self, *parts: str) -> str:
        area, *rest = parts
        place = f"/crm/{OLD}/{area}" if self.version == OLD else f"/crm/{area}/{self.version}"
        return "/".join((place, *rest))
