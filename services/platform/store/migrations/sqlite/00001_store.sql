-- +goose Up
create table aggregate (
  kind text not null, id text not null, version integer not null, doc blob not null,
  primary key (kind, id)
) without rowid;

-- one row for each event ever applied: (source, id) is unique in CloudEvents
create table inbox (
  source text not null, id text not null, digest text not null, at text not null,
  primary key (source, id)
) without rowid;

-- how far each subject of each source has been seen on each topic
create table seen (
  topic text not null, source text not null, subject text not null, sequence integer not null,
  primary key (topic, source, subject)
) without rowid;
create index seen_fact on seen (source, subject);

-- how far this service has counted what it says itself
create table counter (
  topic text not null, source text not null, subject text not null, last integer not null,
  primary key (topic, source, subject)
) without rowid;

create table waiting (
  id integer primary key autoincrement, link text not null, source text not null, event_id text not null,
  awaits text not null, deadline text not null, reason text not null, record blob not null,
  unique (source, event_id)
);
create index waiting_awaits on waiting (awaits);

create table outbox (
  id integer primary key autoincrement, link text not null, at text not null, record blob not null
);

create table timer (
  name text not null, subject text not null, due text not null, data blob not null,
  cause text not null, correlation text not null,
  primary key (name, subject)
) without rowid;
create index timer_due on timer (due);

create table audit (
  idx integer primary key, leaf blob not null, hash blob not null
);

create table quarantine (
  topic text not null, part integer not null, pos integer not null, digest text not null,
  reason text not null, at text not null, sealed blob not null,
  primary key (topic, part, pos)
) without rowid;

-- +goose Down
drop table quarantine;
drop table audit;
drop table timer;
drop table outbox;
drop table waiting;
drop table counter;
drop table seen;
drop table inbox;
drop table aggregate;
