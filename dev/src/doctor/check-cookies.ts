import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { SetCookie } from './set-cookie.ts'

export interface SignInCookies {
  readonly access: SetCookie | undefined
  readonly refresh: SetCookie | undefined
  readonly device: SetCookie | undefined
}

/** Which cookie is which. Names are settings: the access token is known by its value, that of the browser by its name or path, and the refresh token is the other one. */
export const sortCookies = (cookies: readonly SetCookie[], accessToken: string): SignInCookies => {
  const access = cookies.find(({ value }) => value === accessToken)
  const isDevice = ({ name, attributes }: SetCookie) => /device/i.test(name) || attributes.get('path') === '/api/signin'
  const others = cookies.filter(cookie => cookie !== access && cookie.value !== '')
  return { access, refresh: others.find(cookie => !isDevice(cookie)), device: others.find(isDevice) }
}

/** The cookies of a sign-in against the URL by which it was reached: what a browser there would do with them. */
export const checkCookies = ({ access, refresh, device }: SignInCookies, origin: string): Verdict[] => {
  if (!access || !refresh) {
    const which = access || refresh ? 'one of the cookies' : 'the cookies'
    return [
      wrong(
        `A sign-in does not set ${which} (Set-Cookie): something between takes it out. Nobody stays signed in in a browser.`,
      ),
    ]
  }
  const https = origin.startsWith('https:')
  const complaints = [
    ...complaintsAbout(access, { https, path: '/', prefix: '__Host-' }),
    ...complaintsAbout(refresh, { https, path: '/api', prefix: '__Secure-' }),
    ...(device ? complaintsAbout(device, { https, path: '/api/signin', prefix: '__Secure-' }) : []),
  ]
  if (complaints.length > 0) return complaints
  const site = access.attributes.get('samesite')
  return [
    ok(
      `Cookies are as they have to be: HttpOnly, SameSite=${site}, ${https ? 'Secure and prefixed' : 'not Secure (plain http)'}.`,
    ),
  ]
}

interface Wanted {
  readonly https: boolean
  readonly path: string
  readonly prefix: string
}

const complaintsAbout = ({ name, attributes }: SetCookie, { https, path, prefix }: Wanted): Verdict[] => {
  const complaints: Verdict[] = []
  const cookie = `Cookie ${quote(name)}`
  const secure = attributes.has('secure')
  const prefixed = /^__(host|secure)-/i.test(name)
  if (https && !secure)
    complaints.push(
      wrong(`${cookie} is not Secure: it would travel over plain http, too. PUBLIC_URL has to begin with https://.`),
    )
  if (!https && secure)
    complaints.push(
      wrong(
        `${cookie} is Secure, but this is plain http: browsers and cookie jars do not keep it (some make an exception for localhost). Use https, or for development COOKIE_SECURE=false.`,
      ),
    )
  if (https && !name.startsWith(prefix))
    complaints.push(
      wrong(
        `${cookie} has not the prefix ${prefix}: a neighbouring host could plant one. PUBLIC_URL has to begin with https://.`,
      ),
    )
  if (!https && prefixed)
    complaints.push(
      wrong(
        `${cookie} has the prefix of https, but this is plain http: PUBLIC_URL and the URL given here do not agree.`,
      ),
    )
  if (!attributes.has('httponly'))
    complaints.push(wrong(`${cookie} is not HttpOnly: scripts can read it. Something between changes Set-Cookie.`))
  const site = attributes.get('samesite')?.toLowerCase()
  if (!site || !['lax', 'strict', 'none'].includes(site))
    complaints.push(wrong(`${cookie} has no SameSite that browsers know: something between changes Set-Cookie.`))
  if (site === 'none')
    complaints.push(
      secure
        ? note(
            `${cookie} has SameSite=None: it also goes with requests from foreign sites. Right only when front ends live on another site.`,
          )
        : wrong(`${cookie} has SameSite=None without Secure: browsers throw it away.`),
    )
  const is = attributes.get('path')
  if (is !== path)
    complaints.push(
      wrong(
        `${cookie} has Path ${quote(is)} instead of ${quote(path)}: something between changes it, and browsers present it in the wrong places.`,
      ),
    )
  const domain = attributes.get('domain')
  if (domain !== undefined)
    complaints.push(
      wrong(`${cookie} has the Domain ${quote(domain)}: neighbouring hosts get it, too. Something between adds it.`),
    )
  return complaints
}
