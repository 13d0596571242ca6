import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peersDir } from './install.ts'
import { peers } from './peers.ts'

interface Lock {
  readonly packages: Readonly<Record<string, { version: string; resolved?: string } | undefined>>
}

const lockOf = (dir: string): Lock => JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8'))
const [theirs, ours] = [lockOf(peersDir), lockOf(join(peersDir, '..', '..'))]

test('the peers run on the Express that the pair runs on, and so do jsonwebtoken and pg', () => {
  for (const name of ['express', 'router', 'jsonwebtoken', 'pg'].map(name => `node_modules/${name}`))
    expect([name, theirs.packages[name]?.version]).toEqual([name, ours.packages[name]?.version])
})

test('their lock file names no host', () => {
  expect(Object.keys(theirs.packages).filter(name => theirs.packages[name]?.resolved !== undefined)).toEqual([])
})

test('each has its program, and its packages stand in the lock file', () => {
  for (const { program, packages } of Object.values(peers)) {
    expect([program, existsSync(join(peersDir, `${program}.mjs`))]).toEqual([program, true])
    for (const name of packages) expect(theirs.packages).toHaveProperty([`node_modules/${name}`])
  }
})
