import type { Transport } from './requests.ts'

/** What the clients know: users with their passwords, the sessions they hold tokens of, and API tokens. */
export interface ModelUser {
  readonly number: number
  readonly email: string
  /** Which passwords it may be: two, after a change that was not answered with yes or no. The first is the newest. */
  passwords: readonly [number, ...number[]]
  changing: boolean
  id?: string
  /** `asking`: the sign-up has not been answered yet. `asked`: it was answered, and not with yes or no. */
  account: 'asking' | 'asked' | 'there'
  disabled: boolean
  sessions: number
}

export interface ModelSession {
  readonly id: string
  readonly user: ModelUser
  readonly transport: Transport
  /** The newest that came. After an answer that did not come, it is presented again. */
  refreshToken: string
  accessToken: string
  /** Milliseconds, by the clock that never steps. */
  readonly openedAt: number
  /** When the access token expires, in milliseconds since the epoch. */
  expires: number
  /** `leaving`: its end was asked for and not confirmed. `over`: its end was confirmed, or a server said so. */
  state: 'live' | 'leaving' | 'over'
  /** A client does one thing at a time with its refresh token. */
  busy: boolean
}

export interface ModelToken {
  readonly id: string
  readonly user: ModelUser
  readonly token: string
  /** `leaving`: its end was asked for. */
  state: 'live' | 'leaving'
}

export interface Model {
  readonly users: ModelUser[]
  readonly sessions: ModelSession[]
  readonly tokens: ModelToken[]
  newUser(): ModelUser
}

/** A password that nobody's answer or log may show. */
export const canary = 'canary-0f7e'

/** One of a user's passwords, by its number. */
export const passwordOf = (user: ModelUser, number: number): string =>
  `${canary} horse battery ${user.number} ${number}`

export const createModel = (name: string): Model => {
  const users: ModelUser[] = []
  return {
    users,
    sessions: [],
    tokens: [],
    newUser: () => {
      const number = users.length
      const user: ModelUser = {
        number,
        email: `Ada-${name}-${number}@example.com`,
        passwords: [0],
        changing: false,
        account: 'asking',
        disabled: false,
        sessions: 0,
      }
      users.push(user)
      return user
    },
  }
}
