"""All that the service keeps, in one SQLite file: every record takes effect in one transaction with what it leads to."""
import json
import os
import secrets
import sqlite3

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TABLES = """
CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS inbox (source TEXT, id TEXT, digest TEXT, PRIMARY KEY (source, id));
CREATE TABLE IF NOT EXISTS seen (topic TEXT, source TEXT, subject TEXT, number INTEGER, PRIMARY KEY (topic, source, subject));
CREATE TABLE IF NOT EXISTS place (topic TEXT, part INTEGER, next INTEGER, PRIMARY KEY (topic, part));
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, headers TEXT, key TEXT, value BLOB);
CREATE TABLE IF NOT EXISTS waiting (n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, part INTEGER, place INTEGER, headers TEXT, key TEXT, value BLOB, deadline REAL);
CREATE TABLE IF NOT EXISTS quarantine (id TEXT PRIMARY KEY, nonce BLOB, bytes BLOB);
CREATE TABLE IF NOT EXISTS audit (leaf INTEGER PRIMARY KEY, time TEXT, event TEXT, action TEXT, reason TEXT);
"""


class State:
    def __init__(self, folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.db = sqlite3.connect(os.path.join(folder, "airlock.db"), isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(TABLES)
        name = os.path.join(folder, "quarantine.key")
        if not os.path.exists(name):
            with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
                f.write(secrets.token_bytes(32))
        with open(name, "rb") as f:
            self.seal = AESGCM(f.read())

    def one(self, query, *args):
        return self.db.execute(query, args).fetchone()

    def get(self, kind, identity):
        row = self.one("SELECT value FROM kept WHERE kind=? AND id=?", kind, identity)
        return json.loads(row[0]) if row else None

    def put(self, kind, identity, value):
        self.db.execute("INSERT OR REPLACE INTO kept VALUES (?,?,?)", (kind, identity, json.dumps(value)))

    def all(self, kind):
        return [(i, json.loads(v)) for i, v in self.db.execute("SELECT id, value FROM kept WHERE kind=?", (kind,))]

    def number(self, topic, source, subject):
        row = self.one("SELECT number FROM seen WHERE topic=? AND source=? AND subject=?", topic, source, subject)
        return row[0] if row else 0

    def passed(self, topic, source, subject, number):
        self.db.execute("INSERT OR REPLACE INTO seen VALUES (?,?,?,?)", (topic, source, subject, max(number, self.number(topic, source, subject))))

    def leaf(self):
        return self.one("SELECT COALESCE(MAX(leaf), -1) + 1 FROM audit")[0]
