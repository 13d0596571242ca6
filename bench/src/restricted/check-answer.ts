import { readFileSync } from 'node:fs'
import type { Load } from '../load/load.ts'

/** What everybody answers who is measured, but for the user. */
const message = 'This is only for signed-in users.'

/**
 * Throws unless this is a route like the others: it answers who presents a credential with his id and, when it is protected,
 * nobody else. Else a server that answers less than its peers would win.
 */
export const checkAnswer = async ({ url, turns }: Pick<Load, 'url' | 'turns'>, isProtected: boolean): Promise<void> => {
  const [value = ''] = turns === undefined ? [] : readFileSync(turns.file, 'utf8').split('\n', 1)
  const res = await fetch(url, { headers: turns === undefined ? {} : { [turns.header]: value } })
  const body: unknown = await res.json()
  const { message: said, user } = body as { message?: unknown; user?: { id?: unknown } }
  if (res.status !== 200 || said !== message || typeof user?.id !== 'string' || Object.keys(body as object).length > 2)
    throw new Error(`${url} answers ${res.status} ${JSON.stringify(body)}, and not what the others do`)
  const { status } = await fetch(url)
  if (isProtected && status !== 401 && status !== 403) throw new Error(`${url} answers anybody with ${status}`)
}
