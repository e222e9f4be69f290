import type { CliContext } from '../context.ts'
import { systemReason } from '../keys/files.ts'
import { CannotFollow } from '../keys/usage.ts'
import { LINE_EXIT, tellError } from '../line/usage.ts'
import { openIdentity } from './identity.ts'
import { type Relay, type RelayEvent, startRelay } from './relay.ts'

/** Flags of `parley relay` as parsed. */
export interface RelayFlags {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly allow?: readonly string[]
  readonly json: boolean
}

/** `parley relay`: runs until it is stopped. */
export async function runRelay(flags: RelayFlags, { process: own }: CliContext): Promise<void> {
  const { json } = flags
  try {
    const bad = flags.allow?.find((pin) => !/^[0-9a-f]{64}$/.test(pin))
    if (bad !== undefined)
      throw new CannotFollow('--allow', bad, 'must be the pin of a TLS key: 64 lower-case hex digits')
    const identity = openIdentity(flags.data)
    const tell = (event: RelayEvent): void => {
      own.stdout.write(json ? `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n` : `${lineOf(event)}\n`)
    }
    const relay = await started(flags, (port) =>
      startRelay({ host: flags.host, port, identity, allow: flags.allow ?? [], tell }),
    )
    const over = stopped()
    const where = `https://${dialledAs(flags.host)}:${relay.port}/${identity.pin}`
    if (json)
      own.stdout.write(`${JSON.stringify({ event: 'started', port: relay.port, pin: identity.pin, address: where })}\n`)
    else
      own.stdout.write(
        [
          `relay at port ${relay.port}, its key is ${identity.pin}`,
          `a node waits here with   --line-relay ${where}`,
          `and is reached at        relay:${where}`,
          flags.allow === undefined
            ? 'whoever shows a key may use it; --allow names those who may'
            : `${flags.allow.length} keys may use it`,
          '',
        ].join('\n'),
      )
    await over
    await relay.close()
    own.exitCode = LINE_EXIT.done
  } catch (error) {
    tellError(error, { process: own, json, command: 'relay' })
  }
}

/** The host as others dial it; where it listens on every address, that is for its keeper to say. */
function dialledAs(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'HOST'
  return host.includes(':') ? `[${host}]` : host
}

async function started({ port, host }: RelayFlags, start: (port: number) => Promise<Relay>): Promise<Relay> {
  try {
    return await start(port)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new CannotFollow('--port', String(port), 'must be a free port: somebody listens there', { cause })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new CannotFollow('--host', host, 'must be an address of this machine', { cause })
    throw new CannotFollow('--port', String(port), `cannot be listened on: ${systemReason(cause)}`, { cause })
  }
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

const short = (pin: string | null): string => (pin === null ? 'nobody' : pin.slice(0, 12))

function lineOf(event: RelayEvent): string {
  const at = new Date().toISOString().slice(0, 19).concat('Z')
  switch (event.event) {
    case 'listen':
      return `${at}  waits    ${short(event.pin)}, ${event.waiting} connections`
    case 'call':
      return `${at}  call     ${short(event.from)} to ${short(event.to)}`
    case 'end':
      return `${at}  end      ${short(event.from)} to ${short(event.to)}, ${event.bytes} bytes in ${event.seconds} s`
    case 'refused':
      return `${at}  refused  ${short(event.pin)}: ${event.status}, ${event.why}`
  }
}
