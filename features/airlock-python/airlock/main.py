"""Runs the airlock from the folder that contracts/FOREIGN.md describes."""
import json
import os
import signal
import sys
import time
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from .service import Service
from .state import State
from .wire import Signer, Trust


class Bus:
    """The broker: records of all topics from where the state is, and what is to be said, in its order."""

    def __init__(self, folder, card, state):
        common = {"bootstrap.servers": card["broker"], "security.protocol": "SASL_SSL", "ssl.ca.location": str(folder / "ca.pem"),
                  "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": card["principal"], "sasl.password": (folder / "scram.password").read_text().strip()}
        self.state = state
        self.producer = Producer(common | {"acks": "all", "partitioner": "murmur2_random", "max.in.flight": 1, "linger.ms": 0})
        self.consumer = Consumer(common | {"group.id": card["principal"] + ".python", "enable.auto.commit": False, "fetch.wait.max.ms": 100})

    def assign(self, topics):
        places = []
        for topic in topics:
            for part in self.consumer.list_topics(topic, 30).topics[topic].partitions:
                row = self.state.one("SELECT next FROM place WHERE topic=? AND part=?", topic, part)
                places.append(TopicPartition(topic, part, row[0] if row else OFFSET_BEGINNING))
        self.consumer.assign(places)

    def publish(self):
        """What lies in the outbox is said, then forgotten: after a crash it may be said twice, with the same id."""
        rows = self.state.db.execute("SELECT * FROM outbox ORDER BY n").fetchall()
        for n, topic, headers, key, value in rows:
            failed = []
            self.producer.produce(topic, value=value, key=key, headers=[tuple(h) for h in json.loads(headers)], on_delivery=lambda e, _: e and failed.append(e))
            if self.producer.flush(30) or failed:
                raise RuntimeError(f"could not write to {topic}: {failed}")
            self.state.db.execute("DELETE FROM outbox WHERE n=?", (n,))


def run(kind=Service, bus_kind=Bus):
    folder = Path(os.environ["FAIRWAY_SERVICE_FOLDER"])
    card = json.loads((folder / "service.json").read_text())
    state = State(folder / "state")
    service = kind(card, json.loads((folder / "profile.json").read_text()), Trust((folder / "trust.json").read_bytes(), card["root"]),
                   Signer((folder / "signing.key").read_bytes(), card["source"], card["site"]), state)
    bus = bus_kind(folder, card, state)
    bus.publish()
    bus.assign(service.topics())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    looked = 0.0
    while True:
        record = bus.consumer.poll(0.1)
        if record is not None and record.error() is None:
            key = (record.key() or b"").decode("utf-8", "replace")
            service.take(record.topic(), record.partition(), record.offset(), record.headers() or [], key, record.value() or b"")
        if record is not None or time.time() - looked > 0.2:
            service.waiting()
            bus.publish()
            looked = time.time()
