/** The parts of the documentation that are generated from the code: tables between two marks, and the schema of the database. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { events } from '@auth-pair/auth-server/audit-events'
import { authSettings } from '@auth-pair/auth-server/config'
import { printedSchema } from '@auth-pair/auth-server/graphql-schema'
import { problems, type SettingNotes } from '@auth-pair/service'
import { testSettings } from '@auth-pair/test-server/config'
import type { z } from 'zod'
import { dumpSchema } from './dump-schema.ts'
import { routesOfBothServers } from './routes.ts'

const root = join(import.meta.dirname, '..', '..')

const row = (...cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
const table = (head: string[], rows: string[][]) =>
  [row(...head), row(...head.map(() => '---')), ...rows.map(cells => row(...cells))].join('\n')

const settingsTable = (...schemas: z.ZodObject[]) => {
  const readBy = new Map<string, string[]>()
  const notes = new Map<string, SettingNotes>()
  for (const [server, schema] of [
    ['auth', schemas[0]],
    ['test', schemas[1]],
  ] as const) {
    for (const [name, setting] of Object.entries(schema?.shape ?? {})) {
      readBy.set(name, [...(readBy.get(name) ?? []), server])
      if (!notes.has(name)) notes.set(name, (setting as z.ZodType).meta() as unknown as SettingNotes)
    }
  }
  return table(
    ['Name', 'Default', 'Read by', 'What it does'],
    [...notes].map(([name, { default: preset, about, secret }]) => [
      `\`${name}\``,
      preset === 'none' || preset === 'empty' || preset.startsWith('the ') ? preset : `\`${preset}\``,
      readBy.get(name)?.join(', ') ?? '',
      secret ? `${about} *Secret: may come as \`${name}_FILE\`.*` : about,
    ]),
  )
}

const problemsTable = () =>
  table(
    ['Code', 'Status', 'Title', 'What to do'],
    Object.entries(problems).map(([code, { status, title, help }]) => [`\`${code}\``, String(status), title, help]),
  )

const eventsTable = () =>
  table(
    ['Event', 'OWASP', 'Outcome', 'What happened'],
    Object.entries(events).map(([name, { owasp, outcome, about }]) => [`\`${name}\``, `\`${owasp}\``, outcome, about]),
  )

const routesTable = async () =>
  table(
    ['Server', 'Method', 'Path', 'Guard'],
    (await routesOfBothServers()).map(({ server, method, path, guard }) => [
      server,
      method.toUpperCase(),
      `\`${path}\``,
      guard,
    ]),
  )

const between = (text: string, name: string, content: string): string => {
  const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- end -->']
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`the marks of ${name} are missing`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}

const generated: readonly { file: string; make: (now: string) => Promise<string> }[] = [
  {
    file: 'docs/configuration.md',
    make: async now => between(now, 'settings', settingsTable(authSettings, testSettings)),
  },
  { file: 'docs/problems.md', make: async now => between(now, 'problems', problemsTable()) },
  { file: 'docs/api.md', make: async now => between(now, 'routes', await routesTable()) },
  { file: 'docs/audit.md', make: async now => between(now, 'events', eventsTable()) },
  { file: 'docs/schema.graphql', make: async () => printedSchema() },
  { file: 'auth-server/schema.sql', make: dumpSchema },
]

/** Compares each generated part with the file, or writes it. Resolves to the files that are out of step. */
export const documents = async ({ write }: { write: boolean }): Promise<string[]> => {
  const stale: string[] = []
  for (const { file, make } of generated) {
    const path = join(root, file)
    const now = readFileSync(path, 'utf8')
    const wanted = await make(now)
    if (now === wanted) continue
    stale.push(file)
    if (write) writeFileSync(path, wanted)
  }
  return stale
}
