"""Broken: leaves in review what is there when the permit ends. SC-AIR-015 is for it."""
from airlock.main import run
from airlock.service import Service


class Deaf(Service):
    def permit_ended(self, a, p):
        if p.get("reason") == "project-ended":  # a person closed the workspace; a permit that ends closes it too
            super().permit_ended(a, p)
        self.state.put("ended", p["permitId"], a["type"])


run(Deaf)
