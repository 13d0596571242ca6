-- Generated from the migrations by "npm run generate", and compared by "npm run check".

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
