import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserSessions, BrowserSessionsNeeds } from './index.ts'
import { problems } from './problems.ts'

/** The rows of the table under this head. */
const rowsOf = (head: string): string[][] => {
  const lines = readFileSync(join(__dirname, '../README.md'), 'utf8').split('\n')
  const from = lines.findIndex(line => line.startsWith(`| ${head} |`)) + 2
  const rows = lines.slice(from, lines.indexOf('', from))
  return rows.map(row => row.split('|').map(cell => cell.trim().replaceAll('`', '')))
}

test('the README names every option and every handler', () => {
  // complete, or they do not type-check
  const needs: Record<keyof BrowserSessionsNeeds, true> = {
    ...{ redis: true, secret: true, publicUrl: true, authServerPublicUrl: true, credentials: true, verifier: true },
    ...{ authServerUrl: true, issuer: true, idleS: true, absoluteS: true, prefix: true },
    ...{ onProblem: true, onTrouble: true, now: true },
  }
  const handlers: Record<keyof BrowserSessions, true> = {
    ...{ routes: true, signedIn: true, session: true, signIn: true, finishSignIn: true, signOut: true },
  }
  expect(rowsOf('option').map(([, name]) => name)).toEqual(Object.keys(needs))
  expect(rowsOf('handler').flatMap(([, names = '']) => names.split(', '))).toEqual(Object.keys(handlers))
})

test('the README names every problem, with its status', () => {
  const known = Object.entries(problems).map(([code, { status }]) => [code, String(status)])
  expect(rowsOf('code').map(([, code, status]) => [code, status])).toEqual(known)
})
