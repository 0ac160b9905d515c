"""Broken in one rule for each scenario that the arguments name, which is to catch it: breaks.py SC-AIR-004 SC-AIR-005."""
import os
import sys
from pathlib import Path

from airlock import rules, wire
from airlock.main import run
from airlock.service import Service, Wait
from airlock.wire import Refused

broken = set(sys.argv[1:])

# what is let pass: the method that objects, the objection, and words of it where another scenario has the same
PASSES = {
    "SC-AIR-004": ("authorize", "role-missing", ""),
    "SC-AIR-005": ("may_review", "separation-of-duties", ""),
    "SC-AIR-006": ("may_review", "digest-mismatch", ""),
    "SC-AIR-009": ("may_review", "transition", ""),
    "SC-AIR-011": ("releasable", "not-the-author", ""),
    "SC-AIR-012": ("releasable", "digest-mismatch", ""),
    "SC-AIR-013": ("releasable", "already-requested", "under review"),
    "SC-AIR-014": ("releasable", "already-requested", "asked for before"),
    "SC-AIR-016": ("releasable", "permit-ended", ""),
    "SC-AIR-022": ("authorize", "session-unknown", ""),
}
# what is refused as something else
RENAMES = {"SC-AIR-008": "release-unknown", "SC-AIR-010": "output-unknown"}


def lets_pass(method, objection):
    return any(s in broken and (method, objection.reason) == (at, reason) and word in str(objection)
               for s, (at, reason, word) in PASSES.items())


class Broken(Service):
    def __init__(self, *given):
        super().__init__(*given)
        if "SC-AIR-025" in broken:  # what was in review is forgotten
            for identity, r in self.state.all("release"):
                if r["status"] == "IN_REVIEW":
                    self.state.db.execute("DELETE FROM kept WHERE kind='release' AND id=?", (identity,))

    def authorize(self, a, role, standing):
        try:
            super().authorize(a, role, standing)
        except (Refused, Wait) as e:
            if not lets_pass("authorize", e):
                raise

    def may_review(self, a, p, r):
        try:
            super().may_review(a, p, r)
        except Refused as e:
            if not lets_pass("may_review", e):
                raise

    def releasable(self, p):
        try:
            return super().releasable(p)
        except Refused as e:
            if not lets_pass("releasable", e):
                raise
            return self.state.get("output", p["outputId"])
        except Wait as e:
            if "SC-AIR-018" in broken:  # what comes early is not waited for
                raise Refused(e.reason, "it is not known") from None
            raise

    def reject(self, r, reason, a, found=()):
        super().reject(r, "not-wanted" if "SC-AIR-002" in broken and reason == "rejected-by-reviewer" else reason, a, found)

    def permit_ended(self, a, p):
        if "SC-AIR-028" not in broken or "workspace.closed" not in a["type"]:  # what ends a workspace is not listened to
            super().permit_ended(a, p)

    def refuse(self, topic, part, place, headers, value, a, r):
        if any(s in broken and r.reason == reason for s, reason in RENAMES.items()):
            r = Refused("transition", "not now")
        if "SC-AIR-026" in broken:  # its own password is told
            r = Refused(r.reason, (Path(os.environ["FAIRWAY_SERVICE_FOLDER"]) / "scram.password").read_text().strip())
        super().refuse(topic, part, place, headers, value, a, r)

    def dead_letter(self, topic, part, place, headers, value, a, r):
        if "SC-AIR-023" in broken and r.reason == "unsupported-version":
            r = Refused("malformed", "it cannot be read")
        super().dead_letter(topic, part, place, headers, value, a, r)

    def say(self, name, subject, payload, *rest, **more):
        if "SC-AIR-001" in broken and name == "release-approved":  # rules that are not the site's
            payload = payload | {"rules": payload["rules"] | {"threshold": payload["rules"]["threshold"] + 1}}
        if "SC-AIR-027" in broken and name == "release-published":  # a number is left out
            topic = f"{self.site}.airlock.events.v1"
            self.state.passed(topic, self.signer.source, subject, self.state.number(topic, self.signer.source, subject) + 1)
        super().say(name, subject, payload, *rest, **more)


def of_any_source(self, a, topic, key, data):
    """Believes whoever has a key of this site, whatever the name under which it speaks."""
    keys, k = self.keys, self.keys.get(a.get("keyid"))
    if k:
        self.keys = keys | {k["id"]: k | {"source": a["source"], "types": [a["type"]]}}
    try:
        verify(self, a, topic, key, data)
    finally:
        self.keys = keys


def opens(a, site, topic, key, data, trust, contracts):
    if "SC-AIR-021" in broken:  # a record may lie under any key
        key = a.get("subject", key)
    if "SC-AIR-024" in broken and a.get("dataschema", "").endswith(".9.0"):
        raise Refused("unsupported-version", "the minor is not known here")
    return opened(a, site, topic, key, data, trust, contracts)


verify, opened = wire.Trust.verify, wire.opened
wire.opened = opens
if "SC-AIR-020" in broken:
    wire.Trust.verify = of_any_source
if "SC-AIR-003" in broken:
    rules.check = lambda data, threshold: []
run(Broken)
