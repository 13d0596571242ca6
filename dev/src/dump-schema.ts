import { applyMigrations } from '@auth-pair/auth-server/migrate'
import { createLog } from '@auth-pair/service'
import pg from 'pg'
import { startPostgres } from './embedded-postgres.ts'

const columns = `
  select table_name, column_name, data_type, is_nullable = 'NO' as required, column_default
  from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position`

const constraints = `
  select conrelid::regclass::text as table_name, conname, pg_get_constraintdef(oid) as definition
  from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n' order by 1, contype desc, conname`

const indexes = `
  select tablename as table_name, indexdef from pg_indexes
  where schemaname = 'public' and indexname not in (select conname from pg_constraint) order by tablename, indexname`

const functions = `
  select pg_get_functiondef(oid) as definition from pg_proc
  where pronamespace = 'public'::regnamespace and prokind = 'f' order by proname`

const triggers = `
  select pg_get_triggerdef(oid) as definition from pg_trigger
  where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace) order by tgname`

interface Column {
  table_name: string
  column_name: string
  data_type: string
  required: boolean
  column_default: string | null
}

/** The schema that the migrations lead to, in words that do not depend on the version of PostgreSQL. */
export const dumpSchema = async (): Promise<string> => {
  const postgres = await startPostgres()
  await applyMigrations(postgres.url, createLog({ name: 'schema', level: 'warn' }))
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  const ask = async <Row>(text: string) => (await client.query(text)).rows as Row[]
  const allColumns = await ask<Column>(columns)
  const allConstraints = await ask<{ table_name: string; conname: string; definition: string }>(constraints)
  const allIndexes = await ask<{ table_name: string; indexdef: string }>(indexes)
  const code = [
    ...(await ask<{ definition: string }>(functions)).map(({ definition }) => definition.trimEnd()),
    ...(await ask<{ definition: string }>(triggers)).map(({ definition }) => definition),
  ]
  await client.end()
  await postgres.close()

  const tables = [...new Set(allColumns.map(({ table_name }) => table_name))].map(name => {
    const lines = [
      ...allColumns.filter(({ table_name }) => table_name === name).map(describeColumn),
      ...allConstraints
        .filter(({ table_name }) => table_name === name)
        .map(({ conname, definition }) => `  constraint ${conname} ${definition}`),
    ]
    const own = allIndexes.filter(({ table_name }) => table_name === name).map(({ indexdef }) => `${indexdef};\n`)
    return `create table ${name} (\n${lines.join(',\n')}\n);\n${own.join('')}`
  })
  return `-- Generated from the migrations by "npm run generate", and compared by "npm run check".\n\n${tables.join('\n')}\n${code.map(text => `${text};\n`).join('\n')}`
}

const describeColumn = ({ column_name, data_type, required, column_default }: Column): string =>
  [
    `  ${column_name} ${data_type}`,
    required ? 'not null' : '',
    column_default === null ? '' : `default ${column_default}`,
  ]
    .filter(Boolean)
    .join(' ')
