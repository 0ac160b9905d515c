"""Broken: counts one person's two reviews as two, and so approves before the quorum. SC-AIR-007 is for it."""
from airlock.main import run
from airlock.service import Service


class OneIsTwo(Service):
    def reviewed_before(self, r, person):
        return False


run(OneIsTwo)
