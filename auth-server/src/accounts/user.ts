import type { Account } from './account-store.ts'

/** What the outside sees of an account. */
export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  /** RFC 3339, UTC. */
  readonly createdAt: string
  /** RFC 3339, UTC. */
  readonly updatedAt: string
}

export const toUser = ({ id, email, confirmed, createdAt, updatedAt }: Account): User => ({
  id,
  email,
  confirmed,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

/** What the JSON routes tell of a user. */
export const shownUser = ({ id, email, confirmed, createdAt }: User) => ({ id, email, confirmed, createdAt })
