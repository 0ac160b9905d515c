-- +goose Up
-- which refused records are kept whole, newest last
create index quarantine_whole on quarantine (topic, part, pos) where length(sealed) > 0;

-- +goose Down
drop index quarantine_whole;
