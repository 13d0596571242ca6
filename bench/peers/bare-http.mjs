/** Node's own server with nothing on it: the limit of everything that is built on it. */
import { createServer } from 'node:http'
import { answer, sayReady } from './answer.mjs'

createServer((_req, res) => {
  const body = JSON.stringify(answer('00000000-0000-4000-8000-000000000000'))
  res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}).listen(Number(process.env.PORT), '127.0.0.1', () => sayReady())
