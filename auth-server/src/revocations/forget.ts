import type { RevocationList } from '@auth-pair/access-token/pair'
import type { RevocationStore } from './revocation-store.ts'

/** How often memory and record are cleared of what no longer matters, in milliseconds. */
const listMs = 60_000
const recordMs = 3_600_000

/** Forgets what no longer matters to anybody, now and then, in memory and in the record. Gives the way to end it. */
export const startForgetting = (list: Pick<RevocationList, 'prune'>, store: RevocationStore): (() => void) => {
  let ended = false
  const pruneRecord = async () => {
    // PostgreSQL may be away: the next time will do
    while (!ended && (await store.prune().catch(() => 0)) > 0);
  }
  const timers = [setInterval(list.prune, listMs), setInterval(pruneRecord, recordMs), setTimeout(pruneRecord, 1000)]
  for (const timer of timers) timer.unref()
  return () => {
    ended = true
    for (const timer of timers) clearTimeout(timer)
  }
}
