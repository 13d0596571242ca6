-- Generated from the migrations by "npm run generate", and compared by "npm run check".

create table api_tokens (
  id text not null,
  user_id uuid not null,
  slot smallint not null,
  hash bytea not null,
  name text not null,
  scopes text not null default ''::text,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint api_tokens_hash_unique UNIQUE (hash),
  constraint api_tokens_user_slot_unique UNIQUE (user_id, slot),
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint api_tokens_slot_check CHECK (((slot >= 1) AND (slot <= 50)))
);

create table audit_events (
  seq bigint not null,
  happened_at timestamp with time zone not null default now(),
  event text not null,
  outcome text not null,
  reason text,
  user_id uuid,
  subject text,
  session_id text,
  ip text,
  device text,
  request_id text,
  count bigint not null default 1,
  once text,
  constraint audit_events_pkey PRIMARY KEY (seq),
  constraint audit_events_count_check CHECK ((count > 0)),
  constraint audit_events_outcome_check CHECK ((outcome = ANY (ARRAY['success'::text, 'failure'::text])))
);
CREATE INDEX audit_events_happened_at ON public.audit_events USING btree (happened_at, seq);
CREATE INDEX audit_events_of_users ON public.audit_events USING btree (user_id, happened_at, seq) WHERE (user_id IS NOT NULL);
CREATE UNIQUE INDEX audit_events_once ON public.audit_events USING btree (once) WHERE (once IS NOT NULL);

create table migrations (
  id integer not null default nextval('migrations_id_seq'::regclass),
  name character varying not null,
  run_on timestamp without time zone not null,
  constraint migrations_pkey PRIMARY KEY (id)
);

create table revocations (
  seq bigint not null,
  user_id uuid not null,
  session_id text,
  before_epoch bigint,
  reason text not null,
  recorded_at timestamp with time zone not null default now(),
  matters_until timestamp with time zone not null,
  constraint revocations_session_unique UNIQUE (session_id),
  constraint revocations_pkey PRIMARY KEY (seq),
  constraint revocations_check CHECK (((session_id IS NULL) <> (before_epoch IS NULL)))
);
CREATE INDEX revocations_matters_until ON public.revocations USING btree (matters_until);
CREATE INDEX revocations_of_users ON public.revocations USING btree (user_id) WHERE (session_id IS NULL);
CREATE INDEX revocations_recorded_at ON public.revocations USING btree (recorded_at);

create table users (
  id uuid not null,
  email text not null,
  email_key text not null,
  password_hash text not null,
  confirmed boolean not null default false,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  epoch bigint not null default 0,
  disabled_at timestamp with time zone,
  constraint users_email_key_unique UNIQUE (email_key),
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_check CHECK (((octet_length(email) >= 3) AND (octet_length(email) <= 254)))
);

CREATE OR REPLACE FUNCTION public.audit_events_are_only_added()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and current_setting('audit_events.pruning', true) = 'on' then
    return null;
  end if;
  raise exception 'audit_events are only added' using errcode = 'insufficient_privilege';
end
$function$;

CREATE OR REPLACE FUNCTION public.end_api_tokens_of_disabled()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from api_tokens where user_id = new.id;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.prune_audit_events(days integer)
 RETURNS integer
 LANGUAGE plpgsql
 STRICT SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$;

CREATE TRIGGER audit_events_are_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_only_added();

CREATE TRIGGER end_api_tokens_of_disabled AFTER UPDATE OF disabled_at ON public.users FOR EACH ROW WHEN ((new.disabled_at IS NOT NULL)) EXECUTE FUNCTION end_api_tokens_of_disabled();
