import { setTimeout as wait } from 'node:timers/promises'
import type { Experiment, Lab } from '../experiment.ts'

const many = 50

/** Sign-ins that take their time, all at once. Resolves when the first are being worked on. */
const fiftySignIns = async ({ stack, model, operations }: Lab): Promise<{ answered: Promise<unknown> }> => {
  const users = model.users
  const answers = Array.from({ length: many }, (_, i) => {
    const user = users[i % users.length] ?? model.newUser()
    return operations.signIn(stack.a1, user, performance.now())
  })
  const answered = Promise.all(answers)
  await Promise.race(answers)
  return { answered }
}

/** Stops an auth-server in order while it is busy: whoever is in is served or told to come again, and it ends in time. */
export const stopServer: Experiment = {
  id: 'E19',
  title: 'SIGTERM with 50 slow sign-ins in flight, and then a second SIGTERM',
  inShort: true,
  quiet: true,
  stack: { settings: { BCRYPT_COST: '12' } },
  run: async lab => {
    const { stack, model, operations, step, note, expect, later } = lab
    for (let i = 0; i < 5; i++) await operations.signUp(stack.a1, model.newUser(), performance.now())

    step('SIGTERM')
    const { answered } = await fiftySignIns(lab)
    const from = performance.now()
    const ended = stack.a1.end('SIGTERM')
    await answered
    const code = await ended
    const took = performance.now() - from
    note(`SIGTERM: ended with ${code} after ${Math.round(took)} ms`)
    expect('it ends with 0 within 15 s', code === 0 && took < 15_000, `${code} after ${Math.round(took)} ms`)
    later(all => {
      const signIns = all.filter(({ kind, server, at }) => kind === 'sign-in' && server === 'A1' && at < from)
      const others = signIns.filter(({ status }) => status !== 200 && status !== 503)
      note(`in flight: 200 x ${signIns.filter(({ status }) => status === 200).length} of ${signIns.length}`)
      expect(
        'all that was in flight is answered 200 or 503',
        signIns.length === many && others.length === 0,
        others.map(({ op, error, status }) => `${op}: ${error ?? status}`).join(),
      )
    })

    step('SIGTERM, and again after 1.2 s')
    stack.a1.start()
    await stack.a1.untilReady()
    const again = await fiftySignIns(lab)
    const stopping = stack.a1.end('SIGTERM')
    await wait(1200)
    const secondAt = performance.now()
    await Promise.all([stack.a1.end('SIGTERM'), stopping])
    const afterSecond = performance.now() - secondAt
    note(`a second SIGTERM: gone after ${Math.round(afterSecond)} ms`)
    expect('a second SIGTERM ends it at once', afterSecond < 1000, `${Math.round(afterSecond)} ms`)
    await again.answered

    stack.a1.start()
    await stack.a1.untilReady()
  },
}
