-- +goose Up
-- Times are text of fixed width in UTC, as in the SQLite schema, so that one program reads both; "C" orders them by byte.
create table aggregate (
  kind text collate "C" not null, id text collate "C" not null, version bigint not null, doc bytea not null,
  primary key (kind, id)
);

-- one row for each event ever applied: (source, id) is unique in CloudEvents
create table inbox (
  source text collate "C" not null, id text collate "C" not null, digest text not null, at text collate "C" not null,
  primary key (source, id)
);

-- how far each subject of each source has been seen on each topic
create table seen (
  topic text collate "C" not null, source text collate "C" not null, subject text collate "C" not null, sequence bigint not null,
  primary key (topic, source, subject)
);
create index seen_fact on seen (source, subject);

-- how far this service has counted what it says itself
create table counter (
  topic text collate "C" not null, source text collate "C" not null, subject text collate "C" not null, last bigint not null,
  primary key (topic, source, subject)
);

create table waiting (
  id bigserial primary key, link text not null, source text collate "C" not null, event_id text collate "C" not null,
  awaits text collate "C" not null, deadline text collate "C" not null, reason text not null, record bytea not null,
  part bigint not null, pos bigint not null,
  unique (source, event_id)
);
create index waiting_awaits on waiting (awaits);

-- A sequence is not ordered by commit in itself: the order is that of "turn", and rows are removed one by one.
create table outbox (
  id bigserial primary key, link text not null, at text collate "C" not null, record bytea not null
);

create table timer (
  name text collate "C" not null, subject text collate "C" not null, due text collate "C" not null, data bytea not null,
  cause text not null, correlation text not null,
  primary key (name, subject)
);
create index timer_due on timer (due);

-- nodes: the hashes that the leaf adds to the tree, from its own upwards, 32 bytes each
create table audit (
  idx bigint primary key, leaf bytea not null, nodes bytea not null
);

create table quarantine (
  topic text collate "C" not null, part bigint not null, pos bigint not null, digest text not null,
  reason text not null, at text collate "C" not null, sealed bytea not null,
  primary key (topic, part, pos)
);

-- it has no rows: whoever writes locks it first
create table turn ();

-- +goose Down
drop table turn;
drop table quarantine;
drop table audit;
drop table timer;
drop table outbox;
drop table waiting;
drop table counter;
drop table seen;
drop table inbox;
drop table aggregate;
