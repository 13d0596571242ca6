import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createKey, createSigningKey } from '@auth-pair/access-token/sign'
import { startAuthServer } from '../../src/testing/index.ts'
import { makeKey } from './make-key.ts'

jest.setTimeout(60_000)

const program = join(__dirname, '..', 'main.ts')
/** Runs the command as an operator would, in an empty folder, with these settings alone. */
const keys = (args: readonly string[], env: Record<string, string> = {}, cwd = mkdtempSync(join(tmpdir(), 'keys-'))) =>
  new Promise<{ code: number; out: string; err: string; files: string[] }>(resolve => {
    execFile(process.execPath, [program, 'keys', ...args], { env, cwd }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err, files: readdirSync(cwd) }),
    )
  })

const [secret, ecKey, edKey] = [makeKey('HS256'), makeKey('ES256'), makeKey('EdDSA')]
const bySecret = { JWT_ACCESS_SECRET: secret.value }
const byKey = { ...bySecret, ACCESS_TOKEN_PRIVATE_KEY: ecKey.value }
/** The values that a text gives to a setting. */
const valuesOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`^ +(${name}=.*)$`, 'gm'))].map(([, line = '']) => parseEnv(line)[name])

describe('keys new', () => {
  test('prints a secret, its kid and where it belongs, and writes no file', async () => {
    const { code, out, err, files } = await keys(['new'])
    expect([code, err, files]).toEqual([0, '', []])
    const [value = '', ...others] = valuesOf(out, 'JWT_ACCESS_SECRET')
    expect(others).toEqual([])
    expect(Buffer.from(value, 'base64')).toHaveLength(48)
    expect(out).toContain(`A new secret for HS256, kid ${createKey(value).id}.`)
    expect((await keys(['new', 'HS256'])).out).not.toContain(value)
  })

  test.each(['ES256', 'EdDSA'])(
    'prints a private key for %s as PEM and as a line of .env, which are the same',
    async kind => {
      const { code, out, err } = await keys(['new', kind.toLowerCase()], { AUTH_SERVER_URL: 'http://auth-server:3000' })
      expect([code, err]).toEqual([0, ''])
      const pem = /^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----$/m.exec(out)?.[0] ?? ''
      const key = createSigningKey(pem)
      expect(key.algorithm).toBe(kind)
      expect(out).toContain(`A new private key for ${kind}, kid ${key.id}.`)
      expect(valuesOf(out, 'ACCESS_TOKEN_PRIVATE_KEY')).toEqual([pem])
      expect(valuesOf(out, 'ACCESS_TOKEN_JWKS_URL')).toEqual(['http://auth-server:3000/.well-known/jwks.json'])
    },
  )
})

describe('keys rotate', () => {
  test('shows the new secret alone: what is in force is named by its kid', async () => {
    for (const [env, args] of [
      [bySecret, []],
      [bySecret, ['EdDSA']],
      [byKey, []],
      [byKey, ['HS256']],
    ] as const) {
      const { code, out, err, files } = await keys(['rotate', ...args], env)
      expect([code, err, files]).toEqual([0, '', []])
      expect(out.match(/^Step \d: .*$/gm)).toHaveLength(3)
      // the body of the PEM, on whatever lines
      for (const shown of [secret.value, ecKey.value.split('\n')[1] as string]) expect(out).not.toContain(shown)
    }
  })

  test.each([
    [bySecret, [], `From the secret ${secret.kid} to the secret`, 16],
    [bySecret, ['ES256'], `From the secret ${secret.kid} (HS256) to the key`, 43],
    [byKey, [], `From the key ${ecKey.kid} (ES256) to the key`, 43],
    [byKey, ['EdDSA'], `From the key ${ecKey.kid} (ES256) to the key`, 43],
    [byKey, ['HS256'], 'Tokens are signed with a key here, and going back to a secret is not offered', 16],
  ])('says what takes the place of what (%#)', async (env, args, title, kidLength) => {
    const { out } = await keys(['rotate', ...args], env)
    expect(out.startsWith(title)).toBe(true)
    expect(out).toMatch(new RegExp(`(to the \\w+|by) [\\w-]{${kidLength}}( \\(\\w+\\))?\n`))
  })

  test('tells how long tokens of the old one are good', async () => {
    expect((await keys(['rotate'], { ...bySecret, JWT_ACCESS_AGE_S: '60' })).out).toContain('Go on 65 s after')
  })

  test.each([
    [
      { ...bySecret, JWT_ACCESS_SECRET_PREVIOUS: makeKey('HS256').value },
      /^A rotation is under way: JWT_ACCESS_SECRET_PREVIOUS is set .*\(A rotation stopped half-way\)\.\n$/,
    ],
    [
      { ...byKey, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: edKey.value },
      new RegExp(`_PREVIOUS is set \\(kid ${edKey.kid}\\)`),
    ],
    [
      { ...bySecret, ACCESS_TOKEN_JWKS_URL: 'http://auth-server:3000/.well-known/jwks.json' },
      /^This is the configuration of a verifying service/,
    ],
    [{}, /JWT_ACCESS_SECRET is required/],
  ])('has a reason for doing nothing (%#)', async (env, reason) => {
    const { code, out, err } = await keys(['rotate'], env as Record<string, string>)
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(reason)
  })
})

describe('keys list', () => {
  const listed = async (env: Record<string, string>) => {
    const { code, out, err } = await keys(['list', '--json'], env)
    expect([code, err]).toEqual([0, ''])
    return JSON.parse(out).keys.map((key: Record<string, unknown>) => [
      key.setting,
      key.kid,
      key.algorithm,
      ['signs', 'accepted', 'published', 'admitsServices'].filter(role => key[role]).join(),
    ])
  }

  test('names each key, its setting and its roles', async () => {
    const before = makeKey('HS256')
    expect(await listed({ ...bySecret, JWT_ACCESS_SECRET_PREVIOUS: before.value })).toEqual([
      ['JWT_ACCESS_SECRET', secret.kid, 'HS256', 'signs,accepted,admitsServices'],
      ['JWT_ACCESS_SECRET_PREVIOUS', before.kid, 'HS256', 'accepted,admitsServices'],
    ])
    expect(await listed({ ...byKey, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: edKey.line.slice(1, -1) })).toEqual([
      ['ACCESS_TOKEN_PRIVATE_KEY', ecKey.kid, 'ES256', 'signs,accepted,published'],
      ['ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS', edKey.kid, 'EdDSA', 'accepted,published'],
      ['JWT_ACCESS_SECRET', secret.kid, 'HS256', 'admitsServices'],
    ])
    // a service
    expect(await listed({ ...bySecret, ACCESS_TOKEN_JWKS_URL: 'http://auth-server/keys' })).toEqual([
      ['JWT_ACCESS_SECRET', secret.kid, 'HS256', 'admitsServices'],
    ])
  })

  test('shows no secret, and reads files and .env as the servers do', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'keys-'))
    writeFileSync(join(cwd, 'key.pem'), ecKey.value)
    writeFileSync(join(cwd, '.env'), `JWT_ACCESS_SECRET=${secret.value}\nACCESS_TOKEN_PRIVATE_KEY_FILE=key.pem\n`)
    const { code, out, files } = await keys(['list'], {}, cwd)
    expect([code, out.split('\n'), files.sort()]).toEqual([
      0,
      [
        'kid                                          algorithm  setting                   what it does',
        `${ecKey.kid}  ES256      ACCESS_TOKEN_PRIVATE_KEY  signs, is accepted, is published`,
        `${secret.kid}${' '.repeat(27)}  HS256      JWT_ACCESS_SECRET         lets services follow revocations`,
        '',
      ],
      ['.env', 'key.pem'],
    ])
  })

  test('compares with what an auth-server publishes', async () => {
    const server = await startAuthServer({
      ACCESS_TOKEN_PRIVATE_KEY: ecKey.value,
      ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: edKey.value,
    })
    const both = { ...byKey, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: edKey.value }
    const same = await keys(['list', server.url], both)
    expect([same.code, same.out.split('\n').slice(-5)]).toEqual([
      0,
      [
        `${server.url}/.well-known/jwks.json publishes these keys:`,
        `  ${ecKey.kid}  ES256`,
        `  ${edKey.kid}  EdDSA`,
        'It is as configured here.',
        '',
      ],
    ])
    const differences = async (env: Record<string, string>) => {
      const { code, out } = await keys(['list', '--json', `${server.url}/.well-known/jwks.json`], env)
      return [code, JSON.parse(out).differences]
    }
    expect(await differences(byKey)).toEqual([1, [`${edKey.kid} is published there, and not configured here`]])
    const next = makeKey('ES256')
    expect(await differences({ ...both, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: next.value })).toEqual([
      1,
      [
        `${next.kid} (ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS) is not published there: that server does not have it yet`,
        `${edKey.kid} is published there, and not configured here`,
      ],
    ])
    const swapped = { ACCESS_TOKEN_PRIVATE_KEY: edKey.value, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: ecKey.value }
    expect(await differences({ ...bySecret, ...swapped })).toEqual([
      1,
      [`${ecKey.kid} still signs there, not ${edKey.kid}: that server has not been restarted since`],
    ])
    await server.close()
    const gone = await keys(['list', server.url], both)
    expect([gone.code, gone.out, gone.err]).toEqual([1, '', `${server.url}/.well-known/jwks.json does not answer.\n`])
  })
})

test('--help says how, and that is no mistake', async () => {
  expect(await keys(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage:/), err: '' })
})

test.each([
  [[], 'Say what to do.'],
  [['show'], 'There is no show.'],
  [['new', 'RS256'], 'RS256 is none of HS256, ES256, EdDSA.'],
  [['rotate', 'ES256', 'EdDSA'], 'There is one word too many: EdDSA.'],
  [['new', '--json'], 'There is no option --json here.'],
  [['list', '--yaml'], 'There is no option --yaml here.'],
  [['list', 'auth-server'], 'auth-server is not the address of an auth-server, such as http://localhost:3000.'],
  [['list', 'http://ada:horse@localhost:3000'], 'The address holds a user or a password: leave them out.'],
  [['list', 'ada:horse@localhost:3000'], 'That is not the address of an auth-server, such as http://localhost:3000.'],
])('%j is answered with what is wrong, and exit code 2', async (args, sentence) => {
  const { code, out, err } = await keys(args, bySecret)
  expect([code, out, err.split('\n').slice(0, 3)]).toEqual([2, '', [sentence, '', 'Usage:']])
})
