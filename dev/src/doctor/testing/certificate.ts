import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A self-signed certificate of localhost, which is its own authority. `file` is for NODE_EXTRA_CA_CERTS. */
export const certificate = ({ days = 90 } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'certificate-'))
  const [keyFile, file] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  const cert = ['-x509', '-days', String(days), '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const { status, stderr } = spawnSync('openssl', ['req', ...key, ...cert, '-out', file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}
