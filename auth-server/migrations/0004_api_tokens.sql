-- Up Migration

-- Long-lived tokens that users make for programs. A token is what its holder knows; here is its hash.
create table api_tokens (
  -- of the form of a session's id, of the user's epoch at the time
  id text primary key,
  user_id uuid not null references users (id) on delete cascade,
  -- one of the places that a user has for tokens: the constraint is the limit
  slot smallint not null check (slot between 1 and 50),
  -- SHA-256 of the whole token
  hash bytea not null constraint api_tokens_hash_unique unique,
  name text not null,
  -- with a space between them; empty for none
  scopes text not null default '',
  created_at timestamptz not null default now(),
  -- null for never
  expires_at timestamptz,
  -- to the minute or so
  last_used_at timestamptz,
  constraint api_tokens_user_slot_unique unique (user_id, slot)
);

-- Disabling an account ends its tokens for good, whoever disables it and with which version of the server. It runs as the owner of the
-- tables, because that may be a role that knows nothing of tokens.
create function end_api_tokens_of_disabled() returns trigger language plpgsql security definer as $$
begin
  delete from api_tokens where user_id = new.id;
  return null;
end
$$;

revoke all on function end_api_tokens_of_disabled() from public;

-- SECURITY: it looks for nothing but in this schema, whatever the caller's search_path says
do $$
begin
  execute format('alter function end_api_tokens_of_disabled() set search_path = %I, pg_temp', current_schema());
end
$$;

create trigger end_api_tokens_of_disabled after update of disabled_at on users
  for each row when (new.disabled_at is not null) execute function end_api_tokens_of_disabled();
