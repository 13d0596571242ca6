-- Up Migration

alter table users
  -- sessions opened before the user's present epoch have ended; whole seconds since 1970, or 0
  add column epoch bigint not null default 0,
  add column disabled_at timestamptz;

-- What was ended before its time. It outlives what it speaks of, so nothing here refers to users.
create table revocations (
  seq bigint generated always as identity primary key,
  user_id uuid not null,
  -- the session that has ended
  session_id text constraint revocations_session_unique unique,
  -- or all of the user's sessions of an earlier epoch
  before_epoch bigint,
  reason text not null,
  recorded_at timestamptz not null default now(),
  -- from when on nothing that it ended could be alive anyway
  matters_until timestamptz not null,
  check ((session_id is null) <> (before_epoch is null))
);

create index revocations_recorded_at on revocations (recorded_at);
create index revocations_matters_until on revocations (matters_until);
create index revocations_of_users on revocations (user_id) where session_id is null;
