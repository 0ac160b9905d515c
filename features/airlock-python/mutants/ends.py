"""Broken: ends, with the record undone, the first time that a review of other bytes comes."""
import os
from pathlib import Path

from airlock.main import run
from airlock.service import Service
from airlock.wire import Refused

ended = Path(os.environ["FAIRWAY_SERVICE_FOLDER"]) / "state" / "ended"


class Ends(Service):
    def may_review(self, a, p, r):
        try:
            super().may_review(a, p, r)
        except Refused as e:
            if e.reason == "digest-mismatch" and not ended.exists():
                ended.touch()
                os._exit(7)
            raise


run(Ends)
