"""Broken: passes a record with a forged signature over in silence, where a dead letter is owed. SC-AIR-019 is for it."""
from airlock.main import run
from airlock.service import Service


class Drops(Service):
    def dead_letter(self, topic, part, place, headers, value, a, r):
        if r.reason != "signature":
            super().dead_letter(topic, part, place, headers, value, a, r)


run(Drops)
