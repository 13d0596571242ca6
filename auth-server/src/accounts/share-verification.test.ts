import { shareVerification } from './share-verification.ts'

const from = () => ({ ip: null, device: null, requestId: null })
const never = new AbortController().signal

/** A check that ends when it is told to, and what was asked of it. */
const start = () => {
  const asked: { email: string; password: string; wanted: AbortSignal; end: (result: string) => void }[] = []
  const verify = shareVerification<string>((email, password, wanted) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    wanted.addEventListener('abort', () => reject(new Error('nobody waits')))
    asked.push({ email, password, wanted, end: resolve })
    return promise
  })
  return { asked, verify: (email: string, password: string, wanted = never) => verify(email, password, wanted, from) }
}

describe('the same email and password at the same time', () => {
  test('are checked once, whatever the case of the email; others by themselves', async () => {
    const { asked, verify } = start()
    const same = [verify('ada@example.com', 'a'), verify('Ada@Example.com', 'a'), verify('ada@example.com', 'a')]
    const others = [verify('ada@example.com', 'A'), verify('bob@example.com', 'a'), verify('ada@example.com","a', '')]
    expect(asked).toHaveLength(4)
    for (const [i, { end }] of asked.entries()) end(`result ${i}`)
    expect(await Promise.all(same)).toEqual(['result 0', 'result 0', 'result 0'])
    expect(await Promise.all(others)).toEqual(['result 1', 'result 2', 'result 3'])
  })

  test('are checked anew once that check has ended', async () => {
    const { asked, verify } = start()
    const first = verify('ada@example.com', 'a')
    asked[0]?.end('once')
    await first
    const second = verify('ada@example.com', 'a')
    asked[1]?.end('twice')
    expect(await second).toBe('twice')
  })

  test('go on when one of them is not waited for any more, and end when none is', async () => {
    const { asked, verify } = start()
    const [one, two] = [new AbortController(), new AbortController()]
    const answers = Promise.allSettled([
      verify('ada@example.com', 'a', one.signal),
      verify('ada@example.com', 'a', two.signal),
    ])
    one.abort()
    expect(asked[0]?.wanted.aborted).toBe(false)
    two.abort()
    expect(asked[0]?.wanted.aborted).toBe(true)
    // whoever comes in this moment is checked all the same
    const late = verify('ada@example.com', 'a')
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const later = verify('ada@example.com', 'a')
    expect(asked).toHaveLength(2)
    asked[1]?.end('right')
    expect(await Promise.all([late, later])).toEqual(['right', 'right'])
  })
})
