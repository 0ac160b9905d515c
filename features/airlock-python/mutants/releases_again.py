"""Broken: a review that is delivered a second time releases a second time. SC-AIR-017 is for it."""
from airlock.main import run
from airlock.service import Service


class Again(Service):
    def again(self, a, payload):
        r = self.state.get("release", (payload or {}).get("releaseId", ""))
        if r and r["status"] == "APPROVED" and a["type"].endswith("release.review.v1") and a["actor"] == r["opinions"][-1][0]:
            self.approve(r, a)


run(Again)
