import { type Thief, type Traffic, wireMs } from './habits.ts'

type Named<Value> = readonly (Value & { readonly name: string })[]

const prompt = { replyMs: wireMs.most, spreadMs: 5000 }
const late = { replyMs: 9000, spreadMs: 5000 }

/** The columns of the design's table. The script may not end a single session here. */
export const columns: Named<Traffic> = [
  { name: '1 tab, 5 % lost', tabs: 1, lost: 0.05, ...prompt },
  { name: '5 tabs, 1 % lost', tabs: 5, lost: 0.01, ...prompt },
  { name: '20 tabs, 5 % lost, up to 9 s late', tabs: 20, lost: 0.05, ...late },
]

/** What hangs on the assumptions, and what the rules do not promise. */
export const beyond: Named<Traffic> = [
  { name: '5 tabs over 10 s, 1 %', tabs: 5, lost: 0.01, ...prompt, spreadMs: 10_000 },
  { name: '20 tabs over 10 s, 5 %, 9 s late', tabs: 20, lost: 0.05, ...late, spreadMs: 10_000 },
  {
    name: '2 tabs, 5 %, prompt, asking again after 15 to 45 s',
    tabs: 2,
    lost: 0.05,
    ...prompt,
    againMs: [15_000, 45_000],
  },
  {
    name: '2 tabs, 5 %, 9 s late, asking again after 15 to 45 s',
    tabs: 2,
    lost: 0.05,
    ...late,
    againMs: [15_000, 45_000],
  },
]

export const quiet: Traffic & { readonly name: string } = { name: '1 tab, nothing lost', tabs: 1, lost: 0, ...prompt }

/** Those that all rules are measured against. */
export const plainThieves: Named<Thief> = [
  { name: 'begins at once, then exactly at each expiry', begins: 'at once', spreadMs: 0 },
  { name: 'begins 5 min later, then exactly at each expiry', begins: 'a life later', spreadMs: 0 },
]

export const thieves: Named<Thief> = [
  ...plainThieves,
  { name: 'begins at once, then within 5 s of each expiry', begins: 'at once', spreadMs: 5000 },
  { name: 'begins when the copied access token expires, exactly then', begins: 'at expiry', spreadMs: 0 },
  { name: 'begins when the copied access token expires, within 5 s of it', begins: 'at expiry', spreadMs: 5000 },
]
