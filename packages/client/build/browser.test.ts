import { gzipSync } from 'node:zlib'
import { type BuiltFile, buildBrowserClient } from './browser.ts'

let files: readonly BuiltFile[]
beforeAll(async () => {
  files = await buildBrowserClient()
})
const textOf = (name: string) => files.find(file => file.name === name)?.text ?? ''
const scripts = ['auth-client.js', 'auth-client.global.js']

describe('the browser build', () => {
  test('is a module and a plain script, each with its source map', () => {
    expect(files.map(({ name }) => name).sort()).toEqual(scripts.flatMap(name => [name, `${name}.map`]).sort())
    for (const name of scripts) {
      expect(textOf(name)).toMatch(new RegExp(`\\n//# sourceMappingURL=${name.replaceAll('.', '\\.')}\\.map\\n$`))
      expect(JSON.parse(textOf(`${name}.map`)).sources).toContain('../src/browser/create-auth-client.ts')
    }
  })

  test.each(scripts)('%s is smaller than 4 KiB when it travels', name => {
    const bytes = gzipSync(textOf(name), { level: 9 }).length
    // said like this, a failure names the size
    expect(`${name}: ${bytes} bytes, ${bytes < 4096 ? 'fewer' : 'not fewer'} than 4096`).toBe(
      `${name}: ${bytes} bytes, fewer than 4096`,
    )
  })

  test.each(scripts)('%s needs nothing else', name => {
    expect(textOf(name)).not.toMatch(/\bimport\b|\brequire\b|\bprocess\b/)
  })

  test.each(scripts)('%s has no place where a token would outlive the page', name => {
    expect(textOf(name)).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie|caches/)
  })

  test.each(['localhost:4000', 'https://api.example.com/v1'])('refuses the service %s, which is no origin', service => {
    // without channels, which would stay open
    const { createAuthClient } = new Function('globalThis', `${textOf('auth-client.global.js')}\nreturn AuthPair`)({})
    expect(() => createAuthClient({ url: 'https://login.example.com', services: [service] })).toThrow(
      'services: write an origin, such as https://api.example.com, without a path.',
    )
  })

  test('the module exports the client and its error, and the script defines both', () => {
    expect(textOf('auth-client.js')).toMatch(/export\{\w+ as AuthError,\w+ as createAuthClient\};/)
    expect(Object.keys(new Function(`${textOf('auth-client.global.js')}\nreturn AuthPair`)())).toEqual([
      'AuthError',
      'createAuthClient',
    ])
  })
})
