/**
 * The rules of who may import whom: `service` <- `access-token` <- servers; only `app.ts` and `operator.ts` import capabilities (and `config.ts` and
 * `settings.ts` their settings and policies), and a capability never imports its sibling; only the auth-server signs; the published part of
 * `access-token` stands alone, and the one of browser sessions on it; what pages share stands on the service; the client imports nothing but itself, its core nothing of Node, and neither does its browser part; `process.env` is read
 * by `main.ts` alone.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const capabilities = (server: string) => new RegExp(`^${server}/src/([^/]+)/`)

/** What the package of access tokens holds when it is published: all but what the pair's own servers share. */
const isPublished = (file: string) => /^packages\/access-token\/src\/(?!pair\/|sign\.ts)/.test(file)

/** What that part may import: itself, Node, and what it names as dependencies. */
const standsAlone =
  /^packages\/access-token\/src\/(?!pair\/|sign\.ts)|^(node:.+|jsonwebtoken|eventsource-parser(\/.+)?)$/

/** What the package of browser sessions may import: itself, Node, the package of access tokens, and what it names as dependencies. */
const standsOnTokens =
  /^packages\/web-app\/src\/|^(node:.+|@auth-pair\/access-token|connect-redis|express-session|oauth4webapi)$/

/** The complaints about one file of the shipped code. Paths are relative to the root, with slashes. */
export const complaintsAbout = (file: string, text: string): string[] => {
  const complaints: string[] = []
  const say = (rule: string) => complaints.push(`${file}: ${rule}`)
  const specifiers = [...text.matchAll(/\bfrom '([^']+)'|\bimport '([^']+)'|\bimport\('([^']+)'\)/g)].map(
    m => m[1] ?? m[2] ?? m[3] ?? '',
  )
  const inside = (folder: string) => file.startsWith(`${folder}/`)
  for (const specifier of specifiers) {
    const target = specifier.startsWith('.')
      ? normalize(join(dirname(file), specifier)).replaceAll('\\', '/')
      : specifier
    if (inside('packages/service') && /^@auth-pair\//.test(target))
      say(`service imports ${specifier}: it is the lowest layer`)
    const allowed = isPublished(file) ? standsAlone : /^(?!pg$|ioredis$|bcrypt$|@auth-pair\/(auth|test)-server)/
    if (inside('packages/access-token') && !allowed.test(target)) say(`access-token imports ${specifier}`)
    if (inside('packages/web-app/src') && !standsOnTokens.test(target)) say(`web-app imports ${specifier}`)
    if (inside('packages/pages') && /^@auth-pair\/(?!service$)|^(pg|ioredis|bcrypt)$/.test(target))
      say(`pages imports ${specifier}: it stands on the service alone`)
    const isOwn = target.startsWith('packages/client/src/') || specifier.startsWith('node:')
    if (inside('packages/client/src') && !isOwn)
      say(`client imports ${specifier}: those who install it get nothing else`)
    if (inside('packages/client/src/core') && isOwn && !target.startsWith('packages/client/src/core/'))
      say(`the client's core imports ${specifier}: it runs in browsers too`)
    if (inside('packages/client/src/browser') && isOwn && !/^packages\/client\/src\/(core|browser)\//.test(target))
      say(`the browser client imports ${specifier}: there is only the core for it`)
    if (/^@auth-pair\/(dev|e2e)\b/.test(target) && /^(packages|auth-server|test-server)\//.test(file))
      say(`shipped code imports ${specifier}`)
    if (target === '@auth-pair/access-token/sign' && !inside('auth-server')) say('only the auth-server signs')
    for (const server of ['auth-server', 'test-server']) {
      const own = capabilities(server).exec(file)?.[1]
      const other = capabilities(server).exec(target)?.[1]
      if (own !== undefined && other !== undefined && own !== other)
        say(`capability ${own} imports its sibling ${other}`)
      const wiring = ['app', 'operator', 'config', 'settings'].some(name => file === `${server}/src/${name}.ts`)
      if (own === undefined && other !== undefined && !wiring && inside(server))
        say(`only app.ts imports capabilities, not this file (${other})`)
    }
    if (specifier.startsWith('.') && !/\.(ts|js|mjs|json)$/.test(specifier)) say(`${specifier} has no ending`)
  }
  if (/\bprocess\.env\b/.test(text) && !file.endsWith('/main.ts')) say('process.env is read in main.ts only')
  return complaints
}

/** All complaints about these files. Tests and what only they use are not shipped, and free. */
export const importComplaints = (root: string, files: readonly string[]): string[] =>
  files
    .map(file => relative(root, join(root, file)).replaceAll('\\', '/'))
    .filter(file => /^(packages|auth-server|test-server)\/.*\.ts$/.test(file))
    .filter(file => !/(\.test|\/testing)\.ts$|\/testing\/|\.d\.ts$/.test(file))
    .flatMap(file => complaintsAbout(file, readFileSync(join(root, file), 'utf8')))
