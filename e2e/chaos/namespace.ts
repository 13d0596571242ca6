import { spawnSync } from 'node:child_process'

/** A network namespace with one address, which can be cut off so that packets vanish without a word. */
export interface Namespace {
  readonly address: string
  /** What a command has to begin with to run inside. */
  readonly inside: readonly string[]
  cutOff(): void
  connect(): void
  remove(): void
}

const run = (...[command, ...args]: [string, ...string[]]): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr || error?.message}`)
}

/** Undefined where this user or this kernel cannot make one. */
export const createNamespace = (number: number): Namespace | undefined => {
  const name = `chaos${number}`
  const [outer, inner] = [`chaos${number}a`, `chaos${number}b`]
  // of the block that RFC 2544 keeps for tests between networks
  const network = `198.18.${number & 255}`
  const inside = ['ip', 'netns', 'exec', name]
  const drop = (verb: '-I' | '-D') => {
    for (const chain of ['INPUT', 'OUTPUT']) run(...(inside as [string]), 'iptables', verb, chain, '-j', 'DROP')
  }
  const remove = () => run('ip', 'netns', 'del', name)
  try {
    run('ip', 'netns', 'add', name)
  } catch {
    return undefined
  }
  try {
    run('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name)
    run('ip', 'addr', 'add', `${network}.1/30`, 'dev', outer)
    run('ip', 'link', 'set', outer, 'up')
    run('ip', '-n', name, 'addr', 'add', `${network}.2/30`, 'dev', inner)
    run('ip', '-n', name, 'link', 'set', inner, 'up')
    drop('-I')
    drop('-D')
  } catch {
    remove()
    return undefined
  }
  return { address: `${network}.2`, inside, cutOff: () => drop('-I'), connect: () => drop('-D'), remove }
}
