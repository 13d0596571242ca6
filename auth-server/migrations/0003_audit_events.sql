-- Up Migration

-- What happened to accounts. Rows are only ever added; it outlives what it speaks of, so nothing here refers to users.
create table audit_events (
  seq bigint generated always as identity primary key,
  happened_at timestamptz not null default now(),
  event text not null,
  outcome text not null check (outcome in ('success', 'failure')),
  reason text,
  -- null when nobody knows whose account it was
  user_id uuid,
  -- a keyed hash of an address that belongs to no account
  subject text,
  session_id text,
  ip text,
  -- in words
  device text,
  request_id text,
  -- how many events the row stands for
  count bigint not null default 1 check (count > 0),
  -- makes a row that is written once more, because nobody knew whether it was, the same row
  once text
);

create index audit_events_of_users on audit_events (user_id, happened_at, seq) where user_id is not null;
create index audit_events_happened_at on audit_events (happened_at, seq);
create unique index audit_events_once on audit_events (once) where once is not null;

-- Holds for the owner of the table too, who could only take the trigger away.
create function audit_events_are_only_added() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('audit_events.pruning', true) = 'on' then
    return null;
  end if;
  raise exception 'audit_events are only added' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_events_are_only_added before update or delete or truncate on audit_events
  for each statement execute function audit_events_are_only_added();

-- Deletes a batch of what is older than so many days, and never what is younger than one day. Returns how many. It runs as the
-- owner of the table, for whoever may execute it.
create function prune_audit_events(days integer) returns integer language plpgsql strict security definer as $$
declare
  pruned integer;
begin
  perform set_config('audit_events.pruning', 'on', true);
  delete from audit_events where seq in (
    select seq from audit_events where happened_at < now() - greatest(days, 1) * interval '1 day'
    order by happened_at, seq limit 5000 for update skip locked);
  get diagnostics pruned = row_count;
  perform set_config('audit_events.pruning', 'off', true);
  return pruned;
end
$$;

revoke all on function prune_audit_events(integer) from public;

-- SECURITY: it looks for nothing but in this schema, whatever the caller's search_path says
do $$
begin
  execute format('alter function prune_audit_events(integer) set search_path = %I, pg_temp', current_schema());
end
$$;
