-- Generated from the migrations by "npm run generate", and compared by "npm run check".

create table migrations (
  id integer not null default nextval('migrations_id_seq'::regclass),
  name character varying not null,
  run_on timestamp without time zone not null,
  constraint migrations_pkey PRIMARY KEY (id)
);

create table users (
  id uuid not null,
  email text not null,
  email_key text not null,
  password_hash text not null,
  confirmed boolean not null default false,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint users_email_key_unique UNIQUE (email_key),
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_check CHECK (((octet_length(email) >= 3) AND (octet_length(email) <= 254)))
);
