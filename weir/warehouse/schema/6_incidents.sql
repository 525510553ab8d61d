-- What stopped or drifted, told in plain words: one row per incident, open until it is healed.
create table if not exists ops.incidents (
    incident_id bigint generated always as identity primary key,
    cause text not null,
    subject text not null,
    area text not null,
    severity text not null check (severity in ('stopped', 'drifted')),
    title text not null,
    what text not null,
    affected text not null,
    readers text not null,
    turn text not null,
    command text,
    rows bigint,
    evidence text[] not null default '{}',
    downstream text[] not null default '{}',
    exposures text[] not null default '{}',
    opened_at timestamptz not null,
    opened_by text,
    last_seen_at timestamptz not null,
    times_seen integer not null default 1,
    closed_at timestamptz,
    closed_by text
);
create unique index if not exists incidents_open on ops.incidents (cause, subject, area) where closed_at is null;
comment on table ops.incidents is 'One row per incident: something that stopped or drifted, until it is healed.';
comment on column ops.incidents.area is 'What must be looked at again to know whether it is healed: land app, build, …';
comment on column ops.incidents.severity is 'stopped: readers get nothing new of it; drifted: they do.';
comment on column ops.incidents.downstream is 'The marts that depend on it.';
comment on column ops.incidents.opened_by is 'The run that found it; NULL where the watchdog did.';

-- Which alert went where: one row per incident, event and destination, so that each is sent once.
create table if not exists ops.alerts (
    incident_id bigint not null references ops.incidents on delete cascade,
    event text not null check (event in ('opened', 'closed')),
    destination text not null,
    tried_at timestamptz not null default clock_timestamp(),
    tries integer not null default 1,
    sent_at timestamptz,
    error text,
    primary key (incident_id, event, destination)
);
comment on column ops.alerts.destination is 'Kind and host of the address, and a digest of the whole; no secret.';
