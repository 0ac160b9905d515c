-- +goose Up
-- where a waiting event lay on its topic, for the dead letter that it may become
alter table waiting add column part integer not null default 0;
alter table waiting add column pos integer not null default 0;

-- +goose Down
alter table waiting drop column pos;
alter table waiting drop column part;
