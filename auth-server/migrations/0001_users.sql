-- Up Migration

create table users (
  id uuid primary key,
  -- as the person wrote it: mail goes here and nowhere else
  email text not null check (octet_length(email) between 3 and 254),
  -- the address without what makes no difference (its case): one account each
  email_key text not null constraint users_email_key_unique unique,
  password_hash text not null,
  confirmed boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
