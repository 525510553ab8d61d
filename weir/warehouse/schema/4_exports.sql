-- What was given out of the warehouse, to whom, and how it ended: one row per export, written before the first byte.
create table if not exists ops.exports (
    export_id bigint generated always as identity primary key,
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    state text not null default 'running' check (state in ('running', 'succeeded', 'failed', 'interrupted', 'crashed')),
    message text,
    asked_by text not null,
    role text not null,
    for_whom text not null,
    share text,
    what text not null,
    statement text,
    where_clause text,
    columns text[] not null,
    masked text[] not null,
    in_clear text[] not null,
    because text,
    format text not null,
    destination text not null,
    publication_id bigint,
    rows bigint,
    bytes bigint,
    digest text,
    host text not null,
    pid integer not null
);
comment on table ops.exports is 'One row per export: who gave what to whom, and how it ended.';
comment on column ops.exports.asked_by is 'The user of the operating system who typed the command.';
comment on column ops.exports.role is 'The role of the database that read the rows.';
comment on column ops.exports.masked is 'Personal columns that were given as published: masked.';
comment on column ops.exports.in_clear is 'Personal columns that were given in clear.';
comment on column ops.exports.digest is 'SHA-256 of the file, hexadecimal.';
