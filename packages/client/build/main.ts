/** Writes the browser client to `dist/`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildBrowserClient } from './browser.ts'

const dist = join(import.meta.dirname, '..', 'dist')
mkdirSync(dist, { recursive: true })
for (const { name, text } of await buildBrowserClient()) writeFileSync(join(dist, name), text)
