import { Redis } from 'ioredis'
import { beyond, columns, plainThieves, quiet, thieves } from '../refresh-policies/conditions.ts'
import { type Contender, createRealScript, others } from '../refresh-policies/contenders.ts'
import type { Thief, Traffic } from '../refresh-policies/habits.ts'
import { measureHonest, measureThefts } from '../refresh-policies/measure.ts'
import { present, type Row } from '../refresh-policies/present.ts'
import type { Needs, Result } from '../scenario.ts'

export const about =
  'How many honest sessions each way to refresh ends, and how many thefts it finds: the real script beside other rules.'

type Named<Value> = Value & { readonly name: string }

export const run = async ({ quick, seed, progress, startRedis, atEnd }: Needs): Promise<Result> => {
  const runs = quick ? 200 : 10_000
  // a thief who is found late, or never, takes two hours of every tab's refreshes
  const thiefRuns = quick ? 200 : 2000
  const redis = new Redis((await startRedis()).url)
  atEnd(() => redis.disconnect())
  const script = createRealScript(redis)

  const needs = (contender: Contender, traffic: Named<Traffic>, what: string, runs: number) => ({
    contender,
    traffic,
    runs,
    // each traffic is drawn by itself, and all contenders meet the same
    seeds: [seed, [quiet, ...columns, ...beyond].indexOf(traffic)] as const,
    progress: (done: number) => progress(`${contender.name}: ${what}, ${traffic.name}: ${done} of ${runs}`),
  })
  const honest = (contender: Contender, traffics: readonly Named<Traffic>[]) =>
    inTurn(traffics, traffic => measureHonest(needs(contender, traffic, 'honest', runs)))
  const thefts = (contender: Contender, traffic: Named<Traffic>, thief: Named<Thief>, runs: number) =>
    measureThefts({ ...needs(contender, traffic, 'thefts', runs), thief })
  const measure = async (contender: Contender): Promise<Row> => ({
    name: contender.name,
    honest: await honest(contender, columns),
    beyond: await honest(contender, beyond),
    thefts: await inTurn(plainThieves, thief => thefts(contender, quiet, thief, runs)),
  })

  const models = await inTurn(others, measure)
  const began = performance.now()
  const ours = await measure(script)
  const found = await inTurn(thieves, async thief => ({
    name: thief.name,
    thefts: await inTurn([quiet, ...columns], traffic => thefts(script, traffic, thief, thiefRuns)),
  }))
  const scriptS = (performance.now() - began) / 1000
  return present({ runs, thiefRuns, models, ours, found, scriptCalls: script.calls(), scriptS })
}

const inTurn = async <From, To>(items: readonly From[], measure: (item: From) => Promise<To>): Promise<To[]> => {
  const results: To[] = []
  for (const item of items) results.push(await measure(item))
  return results
}
