"""Events to Kafka records and back: contracts/README.md (the wire), contracts/SIGNING.md."""
import base64
import hashlib
import json
import re
import secrets
import struct
import time
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

ATTRIBUTES = set("specversion id source type subject dataschema time correlationid causationid sequence bordersequence site project "
                 "audience expirytime dataclassification actor session assurance authtime restson traceparent twin keyid signature".split())
REQUIRED = "specversion id source type subject dataschema time".split()
SKEW = timedelta(minutes=2)
MOST_DELAY = timedelta(days=127)
LARGEST = 64 << 10

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PERSON = re.compile(r"[a-z][a-z0-9-]{1,31}:[0-7][0-9A-HJKMNP-TV-Z]{25}")


class Refused(Exception):
    """A record that cannot be taken; reason is a code of contracts/REASONS.md."""

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def now():
    return datetime.now(timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", text):
        raise Refused("envelope", "a time is not RFC 3339 in UTC")
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text))


def ulid():
    alphabet, n, text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80), ""
    for _ in range(26):
        n, digit = divmod(n, 32)
        text = alphabet[digit] + text
    return text


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def prefixed(text):
    raw = text.encode()
    return struct.pack(">I", len(raw)) + raw


def message(attributes, topic, key, data):
    """What is signed."""
    m = b"fairway event v1"
    for name in sorted(attributes):
        if name != "signature":
            m += prefixed(name) + prefixed(attributes[name])
    return m + prefixed(topic) + prefixed(key) + hashlib.sha256(data).digest()


class Trust:
    """trust.json, verified by the root that service.json names."""

    def __init__(self, text, root):
        raw = re.fullmatch(rb'\s*\{\s*"trust"\s*:\s*(\{.*\})\s*,\s*"signature"\s*:\s*"[^"]*"\s*\}\s*', text, re.S)
        if not raw:
            raise SystemExit("trust.json is not {trust, signature}")
        signature = base64.b64decode(json.loads(text)["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(root)).verify(signature, b"fairway trust v1\n" + raw.group(1))
        self.keys = {k["id"]: k for k in json.loads(raw.group(1))["keys"]}

    def verify(self, a, topic, key, data):
        """The rules of SIGNING.md, in their order."""
        if "signature" not in a:
            raise Refused("unsigned", "the event is not signed")
        if "keyid" not in a:
            raise Refused("envelope", "the event does not name its key")
        try:
            signature = base64.b64decode(a["signature"], validate=True)
        except ValueError:
            signature = b""
        if len(signature) != 64 or base64.b64encode(signature).decode() != a["signature"]:
            raise Refused("envelope-encoding", "the signature is not base64 of 64 bytes")
        k = self.keys.get(a["keyid"])
        if k is None:
            raise Refused("unknown-key", "the key is in no trust set")
        if k["source"] != a["source"]:
            raise Refused("key-source-mismatch", "the key belongs to another source")
        if not any(t == a["type"] or (t.endswith(".*") and a["type"].startswith(t[:-1])) for t in k["types"]):
            raise Refused("key-type-mismatch", "the key may not sign this type")
        at = moment(a["time"])
        if not moment(k["notBefore"]) <= at < moment(k["notAfter"]) or ("revokedAt" in k and max(at, now()) >= moment(k["revokedAt"])):
            raise Refused("key-status", "the key was not valid then, or is revoked")
        if moment(k["notAfter"]) + MOST_DELAY < now():
            raise Refused("key-status", "the key has ended too long ago")
        if not self.holds(base64.b64decode(k["public"]), signature, message(a, topic, key, data)):
            raise Refused("signature", "the signature does not cover this event at this place")

    def holds(self, public, signature, text):
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def once(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise Refused("duplicate-member", "an object names a member twice")
    return dict(pairs)


def attributes(headers):
    """Headers as context attributes; what starts with ce_ and is not known, repeated or empty is refused."""
    a = {}
    for name, value in headers:
        name = {"content-type": "ce_datacontenttype"}.get(name, name)
        if not name.startswith("ce_"):
            continue
        name = name[3:]
        try:
            text = (value or b"").decode()
        except UnicodeDecodeError:
            raise Refused("encoding", "an attribute is not UTF-8") from None
        if name not in ATTRIBUTES and name != "datacontenttype":
            raise Refused("envelope", "an attribute is not known")
        if name in a:
            raise Refused("duplicate-header", "an attribute is there twice")
        if not text:
            raise Refused("empty-attribute", "an attribute is empty")
        a[name] = text
    return a


def opened(a, site, topic, key, data, trust, contracts):
    """Believes a record step by step, and returns its payload. contracts: type -> (topic, kind of subject, member, writers)."""
    for name in REQUIRED:
        if name not in a:
            raise Refused("missing-attribute", "a required attribute is absent")
    if a["specversion"] != "1.0":
        raise Refused("unsupported-version", "another version of CloudEvents")
    if a.get("datacontenttype") != "application/json":
        raise Refused("envelope", "the data is not JSON")
    stem, _, major = a["type"].rpartition(".")
    if a["type"] not in contracts:
        if any(t.rpartition(".")[0] == stem for t in contracts):
            raise Refused("unsupported-version", "the major of this event is not known here")
        trust.verify(a, topic, key, data)
        return None
    at, kind, member, writers = contracts[a["type"]]
    if topic != f"{site}.{at}" or key != a["subject"] or a.get("site", site) != site:
        raise Refused("envelope", "topic or key is not what the contract says")
    if a["source"] not in [f"/sites/{site}/{w}" for w in writers]:
        raise Refused("key-type-mismatch", "the contract does not let this source say it")
    if not re.fullmatch(r"urn:fairway:contracts:[a-z-]+:[a-z.0-9-]+:1\.\d+\.\d+", a["dataschema"]):
        raise Refused("unsupported-version", "the schema is of another major")
    if not re.fullmatch(r"\d{20}", a.get("sequence", "")) or int(a["sequence"]) == 0:
        raise Refused("missing-attribute", "facts and acts count their place in their subject")
    trust.verify(a, topic, key, data)
    if a.get("audience", site) != site:
        raise Refused("audience", "the event is meant for another site")
    if moment(a["time"]) > now() + SKEW:
        raise Refused("future", "its time lies in the future")
    if "expirytime" in a and moment(a["expirytime"]) < now() - SKEW:
        raise Refused("expired", "it is past its expiry")
    if len(data) > LARGEST:
        raise Refused("too-large", "the data is over 64 KiB")
    try:
        payload = json.loads(data, object_pairs_hook=once)
    except ValueError:
        raise Refused("malformed", "the data is no JSON") from None
    if not isinstance(payload, dict) or payload.get(member) is None:
        raise Refused("schema", "the payload breaks its schema")
    if a["subject"] != f"{kind}/{payload[member]}":
        raise Refused("envelope", "the subject is not what the contract says")
    return payload


class Signer:
    """Signs as this service."""

    def __init__(self, pem, source, site):
        self.key, self.source, self.site = load_pem_private_key(pem, None), source, site
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = "ed25519-" + hashlib.sha256(public).hexdigest()[:16]

    def record(self, topic, kind, subject, sequence, payload, schema, cause=None, project=None):
        """Headers, key and value of an event."""
        identity = ulid()
        a = {"specversion": "1.0", "datacontenttype": "application/json", "id": identity, "source": self.source, "type": kind, "subject": subject,
             "dataschema": schema, "time": stamp(now()), "sequence": f"{sequence:020d}", "site": self.site, "dataclassification": "operational",
             "correlationid": (cause or {}).get("correlationid") or (cause or {}).get("id") or identity, "keyid": self.id}
        if cause and "id" in cause:
            a["causationid"] = cause["id"]
        if project:
            a["project"] = project
        data = json.dumps(payload, separators=(",", ":")).encode()
        a["signature"] = base64.b64encode(self.key.sign(message(a, topic, subject, data))).decode()
        return [("content-type" if n == "datacontenttype" else "ce_" + n, v) for n, v in a.items()], subject, data
