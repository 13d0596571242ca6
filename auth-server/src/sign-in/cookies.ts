import type { IncomingMessage } from 'node:http'
import { bearerToken, type PresentedToken } from '@auth-pair/access-token'
import cookieParser from 'cookie-parser'
import type { CookieOptions, Request, Response } from 'express'
import { createSetCookie } from './set-cookie.ts'

export interface CookiePolicy {
  readonly refreshName: string
  readonly accessName: string
  readonly deviceName: string
  readonly secure: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
}

/** How long a browser is known, in whole seconds: half a year after the last sign-in. */
const deviceAgeS = 180 * 86_400

/**
 * The two cookies of a signed-in browser, and one by which it is known when somebody signs in again. The refresh token goes to
 * `/api` alone, so that pages and assets never carry it.
 */
export const createCookies = ({ refreshName, accessName, deviceName, secure, sameSite }: CookiePolicy) => {
  const always: CookieOptions = { httpOnly: true, secure, sameSite }
  const refreshOptions: CookieOptions = { ...always, path: '/api' }
  const accessOptions: CookieOptions = { ...always, path: '/' }
  const setRefresh = createSetCookie({ name: refreshName, path: '/api', secure, sameSite })
  const setAccess = createSetCookie({ name: accessName, path: '/', secure, sameSite })
  // where somebody signs in by API, and by page; the two never meet in one request
  const devicePaths = ['/api/signin', '/sign-in'].map(path =>
    createSetCookie({ name: deviceName, path, secure, sameSite }),
  )

  return {
    /** The headers that set both, as a flat list of names and values. */
    toSet: (tokens: { refreshToken: string; remainingS: number; accessToken: string; lifeS: number }): string[] => [
      ...['Set-Cookie', setRefresh(tokens.refreshToken, tokens.remainingS)],
      ...['Set-Cookie', setAccess(tokens.accessToken, tokens.lifeS)],
    ],
    toSetDevice: (deviceToken: string): string[] =>
      devicePaths.flatMap(set => ['Set-Cookie', set(deviceToken, deviceAgeS)]),
    /** It only makes a sign-in easier: when it is not as it should be, it does not count. */
    readDevice: (req: Request): string | undefined => {
      const presented = readCookie(req, deviceName)
      return presented.kind === 'token' ? presented.token : undefined
    },
    clear: (res: Response) => {
      res.clearCookie(refreshName, refreshOptions)
      res.clearCookie(accessName, accessOptions)
    },
    readRefresh: (req: Request): PresentedToken => readCookie(req, refreshName),
    /** The access token of the header or, when there is none, of the cookie: what was sent on purpose goes first. */
    readAccess: (req: IncomingMessage): PresentedToken => {
      const presented = bearerToken(req)
      return presented.kind === 'none' ? readCookie(req as Request, accessName) : presented
    },
  }
}

export type Cookies = ReturnType<typeof createCookies>

const parse = cookieParser()

/**
 * The one cookie of a name. Two of them are refused: one may have been planted from a neighbouring host, and nothing tells
 * which (RFC 6265, section 8.6). Only the exact characters that this server set count: the parser also takes quoted and
 * percent-encoded values and JSON, which would be further names for the same token.
 */
const readCookie = (req: Request, name: string): PresentedToken => {
  const { cookie } = req.headers
  if (cookie === undefined) return { kind: 'none' }
  const pairs = cookie.split(';').map(pair => pair.replace(/^[\t ]+|[\t ]+$/g, ''))
  const ours = pairs.filter(pair => pair.startsWith(`${name}=`))
  if (ours.length > 1) return { kind: 'several' }
  parse(req, undefined as never, () => {})
  const value: unknown = req.cookies[name]
  if (typeof value !== 'string' || ours[0] !== `${name}=${value}` || value === '') return { kind: 'none' }
  return { kind: 'token', token: value }
}
