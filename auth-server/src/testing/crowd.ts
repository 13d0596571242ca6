/** People who sign up and refresh all the time, and remember what they were answered. */
import { setTimeout as wait } from 'node:timers/promises'
import { cookieOf, freshEmail, goodPassword, setCookies, signUp, type TestServer } from './index.ts'
import { until } from './redis-servers.ts'

interface Person {
  /** When the session was acknowledged. Milliseconds, of `performance.now()` like all times here. */
  readonly since: number
  token: string
  /** The server says that the session has ended. */
  lost: boolean
}

interface Answer {
  readonly at: number
  readonly took: number
  readonly status: number
  readonly setsCookies: boolean
}

/** Four requests at a time, with a pause after each: other suites run beside this one. */
export const startCrowd = async (server: TestServer, size: number, pauseMs = 20) => {
  const answers: Answer[] = []
  const signedUp = async (): Promise<Person> => {
    const { refreshToken } = await signUp(server, { tokenTransport: 'cookie' })
    return { since: performance.now(), token: refreshToken, lost: false }
  }
  const send = async (request: ReturnType<TestServer['http']['post']>) => {
    const began = performance.now()
    const res = await request
    const at = performance.now()
    answers.push({ at, took: at - began, status: res.status, setsCookies: setCookies(res).length > 0 })
    return res
  }

  const people: Person[] = []
  while (people.length < size) people.push(...(await Promise.all(Array.from({ length: 5 }, signedUp))))
  let going = true
  const refresh = async (person: Person) => {
    const res = await send(server.http.post('/api/refresh').set('Cookie', `xid_refresh=${person.token}`))
    person.token = cookieOf(res, 'xid_refresh') ?? person.token
    person.lost = res.status === 401
  }
  const refreshInTurns = async (mine: readonly Person[]) => {
    while (going) {
      for (const person of mine) {
        if (going && !person.lost) await refresh(person)
        await wait(pauseMs)
      }
    }
  }
  const signUpInTurns = async () => {
    for (; going; await wait(pauseMs)) {
      const res = await send(server.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword }))
      const token = cookieOf(res, 'xid_refresh')
      if (res.status === 201 && token) people.push({ since: performance.now(), token, lost: false })
    }
  }
  const parts = [0, 1, 2].map(part => people.filter((_, i) => i % 3 === part))
  const done = Promise.all([...parts.map(refreshInTurns), signUpInTurns()])

  return {
    people,
    answers,
    /** Resolves when requests were refused since `from`, and none has been for a second and a half. */
    untilServedAgain: (from: number) =>
      until(() => {
        const refused = answers.findLast(({ at, status }) => at > from && status === 503)
        return refused !== undefined && performance.now() - refused.at > 1500
      }, 'served again'),
    /** Ends the load and asks for everybody once more. */
    stop: async () => {
      going = false
      await done
      for (const person of people) if (!person.lost) await refresh(person)
    },
  }
}
