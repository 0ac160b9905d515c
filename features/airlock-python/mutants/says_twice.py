"""Not broken: writes every record twice, which every reader bears."""
from airlock.main import Bus, run


class Twice(Bus):
    def publish(self):
        rows = self.state.db.execute("SELECT topic, headers, key, value FROM outbox ORDER BY n").fetchall()
        self.state.db.executemany("INSERT INTO outbox (topic, headers, key, value) VALUES (?,?,?,?)", rows)
        super().publish()


run(bus_kind=Twice)
