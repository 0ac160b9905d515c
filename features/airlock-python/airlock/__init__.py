"""An airlock for a Fairway site, written from contracts/*.md and the JSON Schemas alone."""
