import { createHashingTurns } from './hashing-turns.ts'

const gate = () => {
  let open = () => {}
  const promise = new Promise<void>(resolve => {
    open = resolve
  })
  return { promise, open }
}

describe('hashing in turns', () => {
  test('runs no more than so many at once, and everybody in the order of coming', async () => {
    const inTurn = createHashingTurns(2)
    const order: number[] = []
    let running = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        inTurn(
          async () => {
            order.push(i)
            most = Math.max(most, ++running)
            await new Promise(setImmediate)
            running--
          },
          () => true,
        ),
      ),
    )
    expect(most).toBe(2)
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('skips what nobody waits for any more, and goes on after a failure', async () => {
    const inTurn = createHashingTurns(1)
    const first = gate()
    let wanted = true
    let ran = 0
    const running = inTurn(
      () => first.promise,
      () => true,
    )
    const skipped = inTurn(
      async () => ++ran,
      () => wanted,
    )
    const failed = inTurn(
      () => Promise.reject(new Error('broken')),
      () => true,
    )
    const last = inTurn(
      async () => ++ran,
      () => true,
    )
    wanted = false
    first.open()
    await running
    await expect(skipped).rejects.toMatchObject({ code: 'unavailable' })
    await expect(failed).rejects.toThrow('broken')
    expect(await last).toBe(1)
  })
})
