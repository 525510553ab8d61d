-- Who has read what, taken from the server's log: who, when and how long; a question once, its values left out.
create table if not exists ops.read_questions (
    question_id bigint generated always as identity primary key,
    key text not null unique,
    statement text,
    is_read boolean not null,
    first_seen timestamptz not null
);
comment on table ops.read_questions is 'One row per statement that people typed; statements that differ in values are one.';
comment on column ops.read_questions.statement is 'With ? for each value; NULL where it could not be taken apart.';
comment on column ops.read_questions.is_read is 'Whether it reads tables; others set, show or open transactions.';

create table if not exists ops.read_tables (
    question_id bigint not null references ops.read_questions on delete cascade,
    schema_name text not null,
    table_name text not null,
    through text,
    columns text[],
    filters text[] not null default '{}',
    primary key (question_id, schema_name, table_name)
);
comment on column ops.read_tables.through is 'The view by which the table was read.';
comment on column ops.read_tables.columns is 'The columns that were named or shown; NULL where that can not be known.';
comment on column ops.read_tables.filters is 'The columns by which rows were chosen or joined.';

create table if not exists ops.reads (
    read_id bigint generated always as identity primary key,
    at timestamptz not null,
    login text not null,
    role text,
    application text,
    question_id bigint references ops.read_questions,
    ms double precision,
    refused text
);
comment on column ops.reads.role is 'The widest of the roles for readers that the login is a member of; NULL where it is gone, or a member of none.';
comment on column ops.reads.refused is 'The SQLSTATE of a statement that failed; then there is no question.';
alter table ops.reads add column if not exists calls bigint not null default 1;
comment on column ops.reads.calls is 'How many reads the row stands for: one, where the server''s log told of it; more where the server only counts, with `at` the look and `ms` their mean.';
create index if not exists reads_by_time on ops.reads (at);

-- What pg_stat_statements had counted at the last look.
create table if not exists ops.read_counters (
    login text not null,
    query_id bigint not null,
    calls bigint not null,
    ms double precision not null,
    primary key (login, query_id)
);

-- How far each file of the log was taken; written together with the reads.
create table if not exists ops.read_logs (
    file text primary key,
    position bigint not null,
    lines bigint not null default 0,
    unreadable bigint not null default 0,
    taken_at timestamptz not null default clock_timestamp()
);
comment on column ops.read_logs.unreadable is 'Lines that are no JSON: cut off when the server was killed.';
