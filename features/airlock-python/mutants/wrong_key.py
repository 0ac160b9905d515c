"""Broken: signs all that it says with a key that is not its own, under its own name. SC-AIR-001 alone shows it."""
from airlock.main import run
from airlock.service import Service
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class WrongKey(Service):
    def __init__(self, *given):
        super().__init__(*given)
        self.signer.key = Ed25519PrivateKey.generate()


run(WrongKey)
