import { spawnSync } from 'node:child_process'

export interface Answer {
  readonly status: number
  /** Names in lower case; one entry for each time that a header is there. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** What curl gets at a URL when it trusts the authority in the file `ca` and no other. Throws when it gets no answer. */
export const curlThatTrusts =
  (ca: () => string) =>
  (url: string, ...args: string[]): Answer => {
    const { status, stdout, stderr } = spawnSync('curl', ['-sSi', '--max-time', '20', '--cacert', ca(), ...args, url], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`curl ${url} ended with ${status}: ${stderr}`)
    const [head = '', ...rest] = stdout.split('\r\n\r\n')
    const [first = '', ...lines] = head.split('\r\n')
    return {
      status: Number(first.split(' ')[1]),
      headers: lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
      body: rest.join('\r\n\r\n'),
    }
  }

export const valuesOf = ({ headers }: Answer, name: string): string[] =>
  headers.filter(([key]) => key === name).map(([, value]) => value)

/** Arguments of curl. */
export const json = (body: object): string[] => ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)]
export const bearer = (token: string): string[] => ['-H', `Authorization: Bearer ${token}`]
