#!/usr/bin/env node
// A command-line program that signs in to the auth pair. See docs/guide-call-a-service.md.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { AuthError, createAuthClient, fileStore } from '@auth-pair/client'

const usage = `usage: cli.mjs [--server URL] [--service URL]... [--store FILE] COMMAND
  sign-up EMAIL | sign-in EMAIL    reads the password from the terminal, or the first line of stdin
  whoami | call URL | sign-out`

// no --password: arguments are read by everybody on the machine, and kept in the shell's history
const options = {
  server: { type: 'string', default: 'http://localhost:3000' },
  service: { type: 'string', multiple: true, default: ['http://localhost:4000'] },
  store: { type: 'string', default: join(configDir(), 'auth-pair', 'session.json') },
}

function configDir() {
  return process.env.XDG_CONFIG_HOME || join(homedir(), '.config')
}

async function password() {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const { isTTY } = process.stdin
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTTY })
  if (isTTY) process.stderr.write('Password: ')
  for await (const line of lines) {
    if (isTTY) process.stderr.write('\n')
    return line
  }
  throw new Error('No password came.')
}

async function print(response) {
  console.log(await response.text())
  if (!response.ok) process.exitCode = 1
}

async function run(client, command, argument) {
  if (command === 'sign-up') console.log(await client.signUp({ email: argument, password: await password() }))
  else if (command === 'sign-in') console.log(await client.signIn({ email: argument, password: await password() }))
  else if (command === 'whoami') await print(await client.fetch('/api/auth/user'))
  else if (command === 'call') await print(await client.fetch(argument))
  else await client.signOut()
}

/** What a person reads instead of a stack. */
function explain(error) {
  if (!(error instanceof AuthError || error instanceof TypeError)) throw error
  console.error(error.message)
  for (const { path, message } of error.errors ?? []) console.error(`  ${path}: ${message}`)
  if (error.code === 'session-ended' || error.code === 'signed-out') console.error('Sign in: cli.mjs sign-in EMAIL')
  process.exitCode = 1
}

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [command, argument, ...more] = positionals
  const takes = { 'sign-up': 1, 'sign-in': 1, whoami: 0, call: 1, 'sign-out': 0 }[command]
  if (takes !== positionals.length - 1 || more.length > 0) throw new TypeError(usage)
  const { server, service, store } = values
  await run(createAuthClient({ url: server, services: service, store: fileStore(store) }), command, argument)
} catch (error) {
  explain(error)
}
