/**
 * A program that sends requests at a constant rate, whatever becomes of them, until its standard input ends. For each line that
 * it reads there it writes what it has counted so far, as a line of JSON. It speaks HTTP by itself and sends several requests
 * on a connection before the first is answered, so that it leaves the machine to the server.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { argv, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import type { Paced, PacedCounts } from './start-paced-sender.ts'

const { port, path, connections, perSecond, file }: Paced = JSON.parse(argv[2] ?? '')
const tickMs = 2
/** Under way on one connection at the most: beyond it the server is too slow, and what is due is not sent. */
const mostUnderWay = 100

const requests = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(value => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${value}\r\n\r\n`)
const counts = { sent: 0, answered: 0, refused: 0, unsent: 0 }

const openConnection = () => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  // the end of a chunk, which may hold the beginning of a status line
  let rest = ''
  let underWay = 0
  socket.setEncoding('latin1').on('data', (chunk: Buffer | string) => {
    const text = rest + chunk
    for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d)/g)) {
      underWay--
      counts.answered++
      if (status === '4') counts.refused++
    }
    rest = text.slice(-9)
  })
  socket.on('close', () => {
    throw new Error('the server has closed a connection')
  })
  return {
    send: (count: number): void => {
      const possible = Math.min(count, mostUnderWay - underWay)
      counts.unsent += count - possible
      let batch = ''
      for (let i = 0; i < possible; i++) batch += requests[counts.sent++ % requests.length]
      underWay += possible
      if (batch !== '') socket.write(batch)
    },
  }
}

const open = Array.from({ length: connections }, openConnection)
const began = performance.now()
let due = 0
setInterval(() => {
  const dueNow = Math.floor(((performance.now() - began) / 1000) * perSecond)
  const each = (dueNow - due) / open.length
  open.forEach(({ send }, i) => {
    send(Math.floor(each * (i + 1)) - Math.floor(each * i))
  })
  due = dueNow
}, tickMs)

createInterface(stdin)
  .on('line', () => {
    const told: PacedCounts = { ...counts, atMs: performance.now() }
    stdout.write(`${JSON.stringify(told)}\n`)
  })
  .on('close', () => process.exit())
