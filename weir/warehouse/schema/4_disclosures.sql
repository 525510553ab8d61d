-- Who has looked at personal data in clear, and why. Rows are added, never changed.
create table if not exists ops.disclosures (
    disclosure_id bigint generated always as identity primary key,
    disclosed_at timestamptz not null default clock_timestamp(),
    role text not null default session_user,
    os_user text not null,
    host text,
    command text not null,
    model text,
    key text,
    because text not null,
    rows bigint not null
);
comment on column ops.disclosures.key is 'What was looked at; of a key that is personal itself a keyed hash.';
