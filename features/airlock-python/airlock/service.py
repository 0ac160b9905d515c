"""What the airlock does about each event."""
import json
import re
import time
from datetime import timedelta

from . import rules, wire
from .wire import Refused, now

ACTS, EVENTS, DEAD = "airlock.acts.v1", "airlock.events.v1", "airlock.dead.v1"
PATIENCE, GAP = 3.0, 60.0  # seconds that an act waits for a fact, and an event for its predecessor


class Wait(Exception):
    """It rests on what was not seen yet; after the time it is refused with the reason."""

    def __init__(self, reason, seconds=PATIENCE):
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


def days(text):
    """A span of the profile: 30d, 8h, 2y."""
    n, unit = re.fullmatch(r"(\d+)(h|d|wd|y)", text).groups()
    return timedelta(hours=int(n) * {"h": 1, "d": 24, "wd": 24, "y": 24 * 365}[unit])


class Service:
    def __init__(self, card, profile, trust, signer, state):
        self.site, self.card, self.profile, self.trust, self.signer, self.state = card["site"], card, profile, trust, signer, state
        self.handlers = {
            "fairway.airlock.release.request.v1": (ACTS, "release", "releaseId", ["portal", "gateway"], self.request),
            "fairway.airlock.release.review.v1": (ACTS, "release", "releaseId", ["portal"], self.review),
            "fairway.workspace.output.sealed.v1": ("workspace.events.v1", "output", "outputId", ["workspace"], self.sealed),
            "fairway.federation.result.received.v1": ("federation.events.v1", "job", "jobId", ["gateway"], self.received),
            "fairway.approval.permit.revoked.v1": ("approval.events.v1", "permit", "permitId", ["approval"], self.permit_ended),
            "fairway.approval.permit.expired.v1": ("approval.events.v1", "permit", "permitId", ["approval"], self.permit_ended),
            "fairway.workspace.workspace.closed.v1": ("workspace.events.v1", "workspace", "workspaceId", ["workspace"], self.permit_ended),
            "fairway.identity.person.registered.v1": ("identity.events.v1", "person", "personId", ["identity"], self.person),
            "fairway.identity.role.granted.v1": ("identity.events.v1", "person", "personId", ["identity"], self.person),
            "fairway.identity.role.revoked.v1": ("identity.events.v1", "person", "personId", ["identity"], self.person),
            "fairway.identity.training.recorded.v1": ("identity.events.v1", "person", "personId", ["identity"], self.person),
            "fairway.identity.agreement.signed.v1": ("identity.events.v1", "person", "personId", ["identity"], self.person),
            "fairway.identity.session.attested.v1": ("identity.events.v1", "session", "sessionId", ["identity"], self.session),
            "fairway.identity.session.ended.v1": ("identity.events.v1", "session", "sessionId", ["identity"], self.session),
        }
        self.contracts = {t: h[:4] for t, h in self.handlers.items()}
        self.kinds = {(f"{self.site}.{h[0]}", h[1]) for h in self.handlers.values()}

    def topics(self):
        return sorted({f"{self.site}.{h[0]}" for h in self.handlers.values()})

    # taking a record

    def take(self, topic, part, place, headers, key, value, deadline=None):
        """One record, in one transaction. False: it waits."""
        db = self.state.db
        db.execute("BEGIN IMMEDIATE")
        try:
            waits = self.taken(topic, part, place, headers, key, value, deadline)
            if deadline is None:
                db.execute("INSERT OR REPLACE INTO place VALUES (?,?,?)", (topic, part, place + 1))
            db.execute("COMMIT")
            return not waits
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def taken(self, topic, part, place, headers, key, value, deadline):
        a = {}
        try:
            a = wire.attributes(headers)
            if topic.endswith(EVENTS[-10:]) and (topic, a.get("subject", "").partition("/")[0]) not in self.kinds:
                return False  # of no concern here
            payload = wire.opened(a, self.site, topic, key, value, self.trust, self.contracts)
        except Refused as r:
            self.dead_letter(topic, part, place, headers, value, a, r)
            return False
        before = self.state.one("SELECT digest FROM inbox WHERE source=? AND id=?", a["source"], a["id"])
        if before:
            if before[0] != wire.digest(value):
                self.refuse(topic, part, place, headers, value, a, Refused("id-conflict", "another event with this id was applied before"))
            else:
                self.again(a, payload)
            return False
        try:
            self.db_mark = self.state.db.execute("SAVEPOINT effect")
            self.in_turn(topic, a)
            self.effect(a, payload)
            self.state.db.execute("RELEASE effect")
        except Wait as w:
            self.state.db.execute("ROLLBACK TO effect")
            self.state.db.execute("RELEASE effect")
            if deadline is None:
                self.state.db.execute("INSERT INTO waiting (topic, part, place, headers, key, value, deadline) VALUES (?,?,?,?,?,?,?)",
                                      (topic, part, place, json.dumps([(n, v.decode()) for n, v in headers]), key, value, time.time() + w.seconds))
            if deadline is None or time.time() < deadline:
                return True
            self.refuse(topic, part, place, headers, value, a, Refused(w.reason, "it rests on what was not said in time"))
        except Refused as r:
            self.state.db.execute("ROLLBACK TO effect")
            self.state.db.execute("RELEASE effect")
            self.refuse(topic, part, place, headers, value, a, r)
        self.state.db.execute("INSERT INTO inbox VALUES (?,?,?)", (a["source"], a["id"], wire.digest(value)))
        self.state.passed(topic, a["source"], a["subject"], int(a.get("sequence", "0")))
        return False

    def again(self, a, payload):
        """An event that took effect before has none."""

    def in_turn(self, topic, a):
        number, seen = int(a.get("sequence", "0")), self.state.number(topic, a["source"], a["subject"])
        if number and number <= seen:
            raise Refused("sequence-stale", "a later number of this subject came before")
        if number > seen + 1:
            raise Wait("sequence-gap", GAP)
        for rest in filter(None, a.get("restson", "").split(";")):
            source, subject, n = rest.split(" ")
            topic = f"{self.site}.{source.rsplit('/', 1)[1].replace('gateway', 'federation')}.events.v1"
            if (topic, subject.partition("/")[0]) in self.kinds and self.state.number(topic, source, subject) < int(n):
                raise Wait("fact-unknown")

    def effect(self, a, payload):
        if a["type"] in self.handlers:
            self.handlers[a["type"]][4](a, payload)
        elif f"{self.site}.{ACTS}" == f"{self.site}.{a['type'].split('.')[1]}.acts.v1" and a["source"].endswith(("/portal", "/gateway")):
            raise Refused("type-not-read", "this airlock does nothing about it")

    def waiting(self):
        """Tries again what waits."""
        went = True
        while went:
            went = False
            for n, topic, part, place, headers, key, value, deadline in self.state.db.execute("SELECT * FROM waiting ORDER BY n").fetchall():
                if self.take(topic, part, place, [(h, v.encode()) for h, v in json.loads(headers)], key, value, deadline):
                    self.state.db.execute("DELETE FROM waiting WHERE n=?", (n,))
                    went = True

    # saying

    def say(self, name, subject, payload, cause, project=None, topic=EVENTS, version="1.0.0"):
        kind = f"fairway.airlock.{name.replace('-', '.', 1)}.v1"
        topic = f"{self.site}.{topic}"
        number = self.state.number(topic, self.signer.source, subject) + 1
        self.state.passed(topic, self.signer.source, subject, number)
        headers, key, value = self.signer.record(topic, kind, subject, number, payload, f"urn:fairway:contracts:airlock:{name}:{version}", cause, project)
        self.state.db.execute("INSERT INTO outbox (topic, headers, key, value) VALUES (?,?,?,?)", (topic, json.dumps(headers), key, value))

    def audit(self, event, action, reason):
        leaf = self.state.leaf()
        self.state.db.execute("INSERT INTO audit VALUES (?,?,?,?,?)", (leaf, wire.stamp(now()), event, action, reason))
        return leaf

    def refuse(self, topic, part, place, headers, value, a, r):
        """An act gets its answer, anything else becomes a dead letter."""
        if topic != f"{self.site}.{ACTS}":
            return self.dead_letter(topic, part, place, headers, value, a, r)
        said = {"actId": a["id"], "actType": a["type"], "actSubject": a["subject"], "reason": r.reason, "detail": r.detail,
                "auditLeaf": self.audit(a["id"], "refused", r.reason)}
        if "actor" in a:
            said["actor"] = a["actor"]
        self.say("act-refused", "act/" + a["id"], said, a)

    def dead_letter(self, topic, part, place, headers, value, a, r):
        identity = wire.ulid()
        nonce = identity.encode()[-12:]
        text = json.dumps([[n, (v or b"").decode("latin-1")] for n, v in headers]).encode() + b"\n" + value
        self.state.db.execute("INSERT INTO quarantine VALUES (?,?,?)", (identity, nonce, self.state.seal.encrypt(nonce, text, None)))
        self.say("record-dead-lettered", "record/" + identity, {"recordId": identity, "topic": topic, "partition": part, "offset": place,
                 "digest": wire.digest(value), "size": len(value), "reason": r.reason, "detail": r.detail,
                 "auditLeaf": self.audit(a.get("id", ""), "dead-lettered", r.reason)}, a if wire.ULID.fullmatch(a.get("id", "")) else None, topic=DEAD)

    # who may act

    def person(self, a, p):
        known = self.state.get("person", p["personId"]) or {"roles": [], "training": {}, "agreements": {}}
        what = a["type"].removeprefix("fairway.identity.").removesuffix(".v1")
        if what == "role.granted" and p["role"] not in known["roles"]:
            known["roles"].append(p["role"])
        elif what == "role.revoked":
            known["roles"] = [r for r in known["roles"] if r != p["role"]]
        elif what == "training.recorded":
            known["training"][p["course"]] = p["validUntil"]
        elif what == "agreement.signed":
            known["agreements"][p["agreement"]] = p["version"]
        self.state.put("person", p["personId"], known)

    def session(self, a, p):
        if a["type"] == "fairway.identity.session.ended.v1":
            p = (self.state.get("session", p["sessionId"]) or p) | {"ended": True}
        self.state.put("session", p["sessionId"], p)

    def authorize(self, a, role, standing):
        if a["source"] != f"/sites/{self.site}/portal" or "actor" not in a:
            raise Refused("not-from-a-door", "the act names no person who signed in at this site")
        s = self.state.get("session", a.get("session", ""))
        if s is None:
            raise Wait("session-unknown")
        if s["personId"] != a["actor"]:
            raise Refused("session-unknown", "the session was attested to somebody else")
        if s.get("ended") or now() >= wire.moment(s["expiresAt"]):
            raise Refused("session-ended", "the session is over")
        rule = self.profile["signIn"]
        if rule["assurance"] == "aal2":
            if s["assurance"] != "aal2":
                raise Refused("assurance-too-low", "the session has no second factor")
            if now() - wire.moment(s["secondFactorAt"]) > days(rule["secondFactorMaxAge"]):
                raise Refused("second-factor-stale", "the second factor was given too long ago")
        person = self.state.get("person", a["actor"]) or {"roles": [], "training": {}, "agreements": {}}
        if role not in person["roles"]:
            raise Refused("role-missing", f"this act needs the role {role}")
        if not standing:
            return
        until, agreement = person["training"].get(self.profile["training"]["course"]), self.profile["agreement"]
        if until is None:
            raise Refused("training-missing", "the training has not been recorded")
        if now() >= wire.moment(until):
            raise Refused("training-expired", "the training has expired")
        if person["agreements"].get(agreement["name"]) != agreement["version"]:
            raise Refused("agreement-missing", "the agreement has not been signed")

    # releases

    def sealed(self, a, p):
        self.state.put("output", p["outputId"], p)

    def received(self, a, p):
        self.state.put("released", p["digest"], p["site"])

    def request(self, a, p):
        if not (wire.ULID.fullmatch(p.get("outputId", "")) and wire.DIGEST.fullmatch(p.get("digest", "")) and wire.PERSON.fullmatch(p.get("requester", ""))):
            raise Refused("schema", "the payload breaks its schema")
        if a["source"].endswith("/portal"):
            self.authorize(a, "researcher", standing=True)
            if p["requester"] != a.get("actor"):
                raise Refused("not-the-author", "a release is asked for by the output's author")
        o = self.releasable(p)
        r = {"id": p["releaseId"], "output": o, "status": "IN_REVIEW", "opinions": []}
        same = {k: o[k] for k in ("jobId", "studyId") if k in o}
        self.say("release-requested", a["subject"], {"releaseId": r["id"], "outputId": o["outputId"], "projectId": o["projectId"],
                 "digest": o["claim"]["digest"], "requester": o["author"]} | same, a, o["projectId"])
        data = rules.read(self.card["objects"], o["claim"]["digest"])
        if data is None:
            raise Refused("output-unreadable", "the store has no intact bytes under the sealed digest")
        found = [{"rule": rule, "where": where} for rule, where in rules.check(data, self.profile["threshold"])]
        self.say("release-checked", a["subject"], {"releaseId": r["id"], "outcome": "fail" if found else "pass", "findings": found,
                 "threshold": self.profile["threshold"]}, a, o["projectId"])
        self.state.put("latest", o["outputId"], r["id"])
        if found:
            self.reject(r, found[0]["rule"], a, found)
        self.state.put("release", r["id"], r)

    def releasable(self, p):
        if self.state.get("release", p["releaseId"]):
            raise Refused("already-requested", "this release was asked for before")
        o = self.state.get("output", p["outputId"])
        if o is None:
            raise Wait("output-unknown")
        if o["author"] != p["requester"]:
            raise Refused("not-the-author", "the output is somebody else's")
        if o["claim"]["digest"] != p["digest"]:
            raise Refused("digest-mismatch", "the output was sealed with another digest")
        if self.state.get("ended", o.get("permitId", "")):
            raise Refused("permit-ended", "the permit of this output has ended")
        before = self.state.get("release", self.state.get("latest", o["outputId"]) or "")
        if before and before["status"] == "IN_REVIEW":
            raise Refused("already-requested", "the output is under review already")
        if before and any(not yes for _, yes in before["opinions"]):
            raise Refused("rejected-by-reviewer", "a reviewer has rejected this output")
        for digest in o.get("inputs", []):
            if not self.state.get("released", digest):
                raise Wait("input-not-released")
        return o

    def reviewed_before(self, r, person):
        return any(who == person for who, _ in r["opinions"])

    def may_review(self, a, p, r):
        o = r["output"]
        if a["actor"] == o["author"]:
            raise Refused("separation-of-duties", "an author does not review her own output")
        if self.reviewed_before(r, a["actor"]):
            raise Refused("already-reviewed", "each person reviews an output once")
        if p["digest"] != o["claim"]["digest"]:
            raise Refused("digest-mismatch", "the review is of other bytes")
        if r["status"] != "IN_REVIEW":
            raise Refused("transition", "the release is not in review")

    def review(self, a, p):
        if p.get("decision") not in ("Approved", "Rejected") or not wire.DIGEST.fullmatch(p.get("digest", "")):
            raise Refused("schema", "the payload breaks its schema")
        self.authorize(a, "output-checker", standing=False)
        r = self.state.get("release", p["releaseId"])
        if r is None:
            raise Wait("release-unknown")
        self.may_review(a, p, r)
        o, needed = r["output"], self.profile["review"]["reviewers"]
        r["opinions"].append([a["actor"], p["decision"] == "Approved"])
        said = {"releaseId": r["id"], "ordinal": len(r["opinions"]), "needed": needed, "blinded": self.profile["review"]["blinded"]}
        if not said["blinded"]:
            said |= {"reviewer": a["actor"], "decision": p["decision"]}
        self.say("release-reviewed", a["subject"], said, a, o["projectId"])
        if p["decision"] == "Rejected":
            self.reject(r, "rejected-by-reviewer", a)
        elif len(r["opinions"]) >= needed:
            self.approve(r, a)
        self.state.put("release", r["id"], r)

    def approve(self, r, a):
        o, review = r["output"], self.profile["review"]
        r["status"] = "APPROVED"
        same = {k: o[k] for k in ("jobId", "studyId", "permitId") if k in o}
        self.say("release-approved", "release/" + r["id"], {"releaseId": r["id"], "outputId": o["outputId"], "projectId": o["projectId"], "claim": o["claim"],
                 "requester": o["author"], "reviewers": [who for who, _ in r["opinions"]], "destination": o["destination"],
                 "checksPassed": ["cell-under-threshold"], "expiresAt": wire.stamp(now() + days(self.profile["release"]["validFor"])),
                 "rules": {"threshold": self.profile["threshold"], "reviewers": review["reviewers"], "blinded": review["blinded"],
                           "profileDigest": self.card["profileDigest"]}} | same, a, o["projectId"], version="1.1.0")
        self.state.put("released", o["claim"]["digest"], self.site)
        if o["destination"]["kind"] == "researcher":
            same = {k: o[k] for k in ("studyId",) if k in o}
            self.say("release-published", "release/" + r["id"], {"releaseId": r["id"], "outputId": o["outputId"], "projectId": o["projectId"],
                     "claim": o["claim"], "recipients": [o["author"]]} | same, a, o["projectId"])

    def reject(self, r, reason, a, found=()):
        o = r["output"]
        r["status"] = "REJECTED"
        same = {k: o[k] for k in ("jobId", "studyId") if k in o}
        self.say("release-rejected", "release/" + r["id"], {"releaseId": r["id"], "outputId": o["outputId"], "projectId": o["projectId"],
                 "digest": o["claim"]["digest"], "reason": reason, "findings": list(found), "auditLeaf": self.audit(a["id"], "rejected", reason)} | same,
                 a, o["projectId"])

    def permit_ended(self, a, p):
        self.state.put("ended", p["permitId"], a["type"])
        for identity, r in self.state.all("release"):
            if r["status"] == "IN_REVIEW" and r["output"].get("permitId") == p["permitId"]:
                self.reject(r, "permit-ended", a)
                self.state.put("release", identity, r)
