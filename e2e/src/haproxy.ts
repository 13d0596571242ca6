import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { start } from './pair.ts'

/** haproxy in front of groups of servers: it asks each server whether it is ready ten times a second. */
export const startHaproxy = async <Group extends string>(groups: Readonly<Record<Group, readonly number[]>>) => {
  const names = Object.keys(groups) as Group[]
  const ports = new Map(await Promise.all(names.map(async name => [name, await freePort()] as const)))
  const listen = (name: Group) => `listen ${name}
  bind 127.0.0.1:${ports.get(name)}
  balance roundrobin
  option httpchk GET /health/ready
  http-check expect status 200
  stats enable
  stats uri /haproxy
${groups[name].map((port, i) => `  server ${name}${i} 127.0.0.1:${port} check inter 100 fall 1 rise 1`).join('\n')}`
  const file = join(mkdtempSync(join(tmpdir(), 'haproxy-')), 'haproxy.cfg')
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 2s
  timeout client 70s
  timeout server 30s
  timeout check 2s
  option redispatch
  retries 3
${names.map(listen).join('\n')}
`,
  )
  const running = start('haproxy', ['-db', '-f', file], {})
  const url = (name: Group) => `http://127.0.0.1:${ports.get(name)}`
  const count = names.flatMap(name => groups[name]).length

  /** Resolves when it sends requests to every server. */
  const untilAllAreUp = async () => {
    const [first] = names as [Group]
    for (let i = 0; i < 200; i++, await wait(50)) {
      const table = await fetch(`${url(first)}/haproxy;csv`).then(
        res => res.text(),
        () => '',
      )
      if (table.split('\n').filter(line => /^\w+,\w+\d,.*,UP,/.test(line)).length === count) return
    }
    throw new Error(`haproxy does not see every server:\n${running.output()}`)
  }
  return { url, untilAllAreUp }
}
