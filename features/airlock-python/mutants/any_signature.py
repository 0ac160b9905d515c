"""Broken: accepts any signature of a key that is known. SC-AIR-019 is for it."""
from airlock import wire
from airlock.main import run

wire.Trust.holds = lambda self, public, signature, text: True
run()
