"""Broken: writes what nobody asked for, as fast as it can, and answers nothing."""
import json
import os
from pathlib import Path

from airlock.main import Bus
from airlock.state import State

folder = Path(os.environ["FAIRWAY_SERVICE_FOLDER"])
card = json.loads((folder / "service.json").read_text())
bus = Bus(folder, card, State(folder / "state"))
for n in range(int(os.environ["FLOOD"])):
    bus.producer.produce(card["site"] + ".airlock.events.v1", value=b"{}" * 500, key=f"release/{n}", headers=[("ce_id", b"noise")])
    bus.producer.poll(0)
    if n % 1000 == 0:
        bus.producer.flush(30)
bus.producer.flush(60)
while True:
    bus.producer.poll(1)
