import { parseArgs } from 'node:util'

export interface Arguments {
  /** Without one, every scenario that measures a claim is run. */
  readonly name: string | undefined
  readonly quick: boolean
  /** Names the scenarios, and runs none. */
  readonly list: boolean
  readonly seed: number
}

/** Reads `[NAME] [--list] [--quick] [--seed NUMBER]`; throws a sentence for the person who typed it. */
export const readArguments = (args: readonly string[], drawSeed: () => number): Arguments => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      seed: { type: 'string' },
    },
    allowPositionals: true,
  })
  if (positionals.length > 1) throw new Error(`One scenario at a time, not ${positionals.join(' and ')}.`)
  const seed = values.seed === undefined ? drawSeed() : Number(values.seed)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`The seed ${values.seed} is not a whole number.`)
  return { name: positionals[0], quick: values.quick, list: values.list, seed }
}

/** What to type to repeat a run. */
export const commandOf = ({ name, quick, seed }: Omit<Arguments, 'list'>): string =>
  ['npm run bench --', name, quick && '--quick', `--seed ${seed}`].filter(Boolean).join(' ')
