import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { type HeldTokens, readTokens, splitLines, writeTokens } from './held-tokens.ts'
import { giveBackScript, openScript, renewScript, saveScript } from './scripts.ts'
import type { RedisCommands } from './session-redis.ts'

/** The sessions of an app in its Redis, as `express-session` uses them, and the tokens beside them. */
export interface SessionStore {
  /** What `express-session` is given as its store. */
  readonly express: unknown
  /** The tokens of the session of a request, if somebody is signed in. */
  heldBy(session: object): HeldTokens | undefined
  /** Puts tokens beside a session that is new and not saved yet. */
  hold(session: object, held: HeldTokens): void
  /** The tokens of a session as they are now, or undefined when there is none. */
  read(sessionId: string): Promise<HeldTokens | undefined>
  /** Puts renewed tokens in the place of those before, unless the session has ended or has others. */
  renew(sessionId: string, before: HeldTokens, next: HeldTokens): Promise<'kept' | 'changed' | 'gone'>
  end(sessionId: string): Promise<void>
  /** Takes a name for so many milliseconds. Resolves to what gives it back, or undefined when somebody has it. */
  take(name: string, milliseconds: number): Promise<(() => Promise<void>) | undefined>
}

interface StoreNeeds {
  readonly redis: RedisCommands
  /** What the keys begin with. */
  readonly prefix: string
  /** How long a session lives that is not used, in seconds. */
  readonly idleS: number
}

type Callback = (error?: unknown) => void

export const createSessionStore = ({ redis, prefix, idleS }: StoreNeeds): SessionStore => {
  const parsed = new WeakMap<object, HeldTokens>()
  const beside = new WeakMap<object, HeldTokens>()
  const opened = new WeakSet<object>()

  /** Reads, touches and destroys as it always does; it writes by script. */
  class Store extends RedisStore {
    override createSession(req: IncomingMessage, data: SessionData) {
      const session = super.createSession(req as never, data)
      opened.add(session)
      const held = parsed.get(data)
      if (held) beside.set(session, held)
      return session
    }

    override async set(sessionId: string, session: SessionData, done: Callback = () => {}): Promise<void> {
      try {
        const [key, line, ttl] = [prefix + sessionId, JSON.stringify(session), String(idleS)]
        if (opened.has(session)) await redis.eval(saveScript, 1, key, line, ttl)
        else {
          const held = beside.get(session)
          await redis.eval(openScript, 1, key, `${held ? writeTokens(held) : ''}\n${line}`, ttl)
          opened.add(session)
        }
      } catch (error) {
        return done(error)
      }
      done()
    }
  }

  const parse = (value: string): SessionData => {
    const [tokens, line] = splitLines(value)
    const data: SessionData = JSON.parse(line)
    const held = readTokens(tokens)
    if (held) parsed.set(data, held)
    return data
  }

  const express = new Store({
    client: {
      get: redis.get,
      expire: redis.expire,
      del: ([key = '']: readonly string[]) => redis.del(key),
    },
    prefix,
    ttl: idleS,
    serializer: { parse, stringify: JSON.stringify },
  })

  return {
    express,
    heldBy: session => beside.get(session),
    hold: (session, held) => void beside.set(session, held),
    read: async sessionId => {
      const value = await redis.get(prefix + sessionId)
      return value === null ? undefined : readTokens(splitLines(value)[0])
    },
    renew: async (sessionId, before, next) =>
      (await redis.eval(renewScript, 1, prefix + sessionId, writeTokens(before), writeTokens(next))) as 'kept',
    end: async sessionId => void (await redis.del(prefix + sessionId)),
    take: async (name, milliseconds) => {
      const [key, value] = [prefix + name, randomUUID()]
      const taken = await redis.set(key, value, 'PX', milliseconds, 'NX')
      return taken === null ? undefined : async () => void (await redis.eval(giveBackScript, 1, key, value))
    },
  }
}
