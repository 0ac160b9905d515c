"""Broken: answers, but after LATE seconds."""
import os
import time

from airlock.main import Bus, run


class Late(Bus):
    def publish(self):
        if self.state.one("SELECT COUNT(*) FROM outbox")[0]:
            time.sleep(float(os.environ["LATE"]))
        super().publish()


run(bus_kind=Late)
