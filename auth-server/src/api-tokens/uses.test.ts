import { memoryLog } from '@auth-pair/service/testing'
import type { Use } from './token-store.ts'
import { createUses } from './uses.ts'

const create = (write: (uses: readonly Use[]) => Promise<void>) => {
  let time = 1000
  const uses = createUses({ write, log: memoryLog().log, now: () => time })
  return { ...uses, pass: (ms: number) => (time += ms) }
}

describe('uses of tokens', () => {
  test('are written together, each token once', async () => {
    const written: (readonly Use[])[] = []
    const uses = create(async batch => void written.push(batch))
    for (const id of ['a', 'b', 'a']) {
      uses.add(id)
      uses.pass(1)
    }
    await uses.flush()
    await uses.flush()
    expect(written).toEqual([
      [
        ['a', 1002],
        ['b', 1001],
      ],
    ])
    await uses.close()
  })

  test('wait for a minute when they cannot be written, and are not lost', async () => {
    const written: (readonly Use[])[] = []
    let readOnly = true
    const uses = create(async batch => {
      written.push(batch)
      if (readOnly) throw new Error('cannot execute UPDATE in a read-only transaction')
    })
    uses.add('a')
    await uses.flush()
    uses.pass(59_999)
    await uses.flush()
    expect(written).toHaveLength(1)
    readOnly = false
    uses.pass(1)
    await uses.flush()
    await uses.flush()
    expect(written.map(batch => batch.map(([id]) => id))).toEqual([['a'], ['a']])
    await uses.close()
  })

  test('of a store that hangs are asked for once at a time, and fill no memory', async () => {
    let asked = 0
    const hangs = Promise.withResolvers<void>()
    const uses = create(() => {
      asked++
      return hangs.promise
    })
    uses.add('first')
    for (let i = 0; i < 5; i++) void uses.flush()
    for (let i = 0; i < 20_000; i++) uses.add(`token ${i}`)
    expect(asked).toBe(1)
    hangs.resolve()
    await uses.close()
  })
})
