import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault, Trap } from './fault-proxy.ts'

interface FaultyConnectionNeeds {
  readonly client: Socket
  readonly upstream: { readonly host: string; readonly port: number } | undefined
  readonly fault: () => Fault
  /** Resolves when the fault changes. */
  readonly changed: () => Promise<void>
  readonly traps: readonly Trap[]
  readonly random: () => number
}

export interface FaultyConnection {
  onFault(): void
  reset(): void
  /** Resolves when nothing that was received is left to deliver. */
  readonly delivered: Promise<unknown>
}

/** How much of a request that came in pieces is looked at again, in bytes. */
const overlap = 512

/** Carries one connection, chunk by chunk in order, and asks about the fault at each. */
export const carry = (needs: FaultyConnectionNeeds): FaultyConnection => {
  const { client, upstream, fault, changed, traps, random } = needs
  const store: Socket | undefined =
    upstream && connect({ ...upstream, allowHalfOpen: true, noDelay: true, autoSelectFamily: false })
  let losing = false
  let ended = false
  let passed = 0
  let seen = ''

  const resetClient = () => {
    // libuv does not reset a socket that is just being shut down, and Node waits for its end for ever, also at the end of the process
    if (client.writableEnded && !client.writableFinished) client.destroy()
    else client.resetAndDestroy()
  }

  const reset = () => {
    resetClient()
    store?.destroy()
  }

  const send = async (to: Socket, chunk: Buffer) => {
    const now = fault()
    if (now.kind !== 'slow') return void to.write(chunk)
    const slice = Math.max(1, Math.floor(now.bytesPerSecond / 20))
    for (let at = 0; at < chunk.length && !to.destroyed; at += slice) {
      await wait((1000 * slice) / now.bytesPerSecond)
      to.write(chunk.subarray(at, at + slice))
    }
  }

  const request = async (chunk: Buffer) => {
    seen = seen.slice(-overlap) + chunk.toString('latin1')
    for (const trap of traps) {
      if (trap.left === 0 || !trap.pattern.test(seen)) continue
      trap.left--
      trap.sprung++
      seen = ''
      if (trap.what === 'drop-request') return reset()
      losing = true
    }
    if (store) await send(store, chunk)
  }

  const reply = async (chunk: Buffer) => {
    const now = fault()
    if (losing || now.kind === 'drop-replies') return reset()
    if (ended) return
    if (now.kind !== 'reset-after') return send(client, chunk)
    const left = Math.max(0, now.bytes - passed)
    passed += chunk.length
    if (chunk.length < left) return void client.write(chunk)
    // what is written before a reset would be lost with it
    await new Promise<unknown>(resolve => client.write(chunk.subarray(0, left), resolve))
    reset()
  }

  // a store that is down is refused behind the proxy's back: tell it the hard way
  let connected = false
  store?.once('connect', () => {
    connected = true
  })
  store?.once('error', () => {
    if (!connected) resetClient()
  })

  const direction = (from: Socket, deliver: (chunk: Buffer) => Promise<void>, end: () => void, broken: () => void) => {
    let delivered: Promise<void> = Promise.resolve()
    const inOrder = (due: number, step: () => Promise<void> | void) => {
      delivered = delivered.then(async () => {
        if (due > performance.now()) await wait(due - performance.now())
        while (fault().kind === 'black-hole') await changed()
        await step()
      })
    }
    from.on('error', () => {})
    from.on('data', (chunk: Buffer) => inOrder(performance.now() + lateness(fault(), random), () => deliver(chunk)))
    from.on('end', () => inOrder(0, end))
    from.on('close', () => inOrder(0, broken))
    return () => delivered
  }

  const requests = direction(
    client,
    request,
    () => store?.end(),
    () => store?.destroySoon(),
  )
  const replies =
    store &&
    direction(
      store,
      reply,
      () => client.end(),
      () => client.destroySoon(),
    )

  const onFault = () => {
    passed = 0
    ended ||= fault().kind === 'half-close'
    if (ended) client.end()
  }
  onFault()
  return {
    onFault,
    reset,
    get delivered() {
      return Promise.all([requests(), replies?.()])
    },
  }
}

const lateness = (fault: Fault, random: () => number): number =>
  fault.kind === 'delay' ? fault.ms + (fault.jitterMs ?? 0) * random() : 0
