import type request from 'supertest'
import type { TestServer } from './index.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly challenge?: string
}

export interface Told {
  /** That of REST, whatever the answer of HTTP has. */
  readonly status: number
  /** Undefined when it was done. */
  readonly code?: string | undefined
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
}

export interface Answer extends Told {
  readonly headers: Record<string, string>
  readonly res: request.Response
}

/** What is posted. */
export interface Sent {
  readonly path: string
  readonly body: object
  readonly headers?: Record<string, string>
}

type Operation = 'signUp' | 'signIn' | 'refresh' | 'signOut'

interface Form {
  readonly name: string
  readonly signUp: (credentials: Credentials) => Sent
  readonly signIn: (credentials: Credentials) => Sent
  readonly refresh: (refreshToken: string) => Sent
  readonly signOut: (refreshToken: string) => Sent
  readonly read: (res: request.Response, operation: Operation) => Told
}

type Headers = Record<string, string>

export interface Driver {
  readonly name: string
  /** What a sign-in posts. */
  readonly signInRequest: (credentials: Credentials) => Sent
  readonly signUp: (at: TestServer, credentials: Credentials, headers?: Headers) => Promise<Answer>
  readonly signIn: (at: TestServer, credentials: Credentials, headers?: Headers) => Promise<Answer>
  readonly refresh: (at: TestServer, refreshToken: string, headers?: Headers) => Promise<Answer>
  readonly signOut: (at: TestServer, refreshToken: string, headers?: Headers) => Promise<Answer>
}

export const createDriver = (form: Form): Driver => {
  const send = async (at: TestServer, operation: Operation, { path, body, headers }: Sent, more: Headers = {}) => {
    const res = await at.http
      .post(path)
      .set({ ...headers, ...more })
      .send(body)
    return { ...form.read(res, operation), headers: res.headers as Headers, res }
  }
  return {
    name: form.name,
    signInRequest: form.signIn,
    signUp: (at, credentials, headers) => send(at, 'signUp', form.signUp(credentials), headers),
    signIn: (at, credentials, headers) => send(at, 'signIn', form.signIn(credentials), headers),
    refresh: (at, refreshToken, headers) => send(at, 'refresh', form.refresh(refreshToken), headers),
    signOut: (at, refreshToken, headers) => send(at, 'signOut', form.signOut(refreshToken), headers),
  }
}

/** One request in this form, the next in that. */
export const inTurns = (name: string, ...forms: readonly Driver[]): Driver => {
  let turn = 0
  const next = () => forms[turn++ % forms.length] as Driver
  return {
    name,
    signInRequest: credentials => next().signInRequest(credentials),
    signUp: (...args) => next().signUp(...args),
    signIn: (...args) => next().signIn(...args),
    refresh: (...args) => next().refresh(...args),
    signOut: (...args) => next().signOut(...args),
  }
}
