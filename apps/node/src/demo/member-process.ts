import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/parley-node.js', import.meta.url))
const STOP_MS = 10_000

export interface MemberOptions {
  readonly party: string
  readonly dataDir: string
  /** Wished; any free one is taken when it is not to be had. */
  readonly port: number
  /** One line for the operator. */
  readonly log: (line: string) => void
}

/** Another side's node in a process of its own, with its own keys and store. Ends with this process however this one ends. */
export interface MemberProcess {
  readonly url: string
  stop(): Promise<void>
}

/** Starts the node of another side and resolves once it answers. */
export async function startMember(options: MemberOptions): Promise<MemberProcess> {
  const first = await tryStart(options, options.port)
  if (first !== null) return first
  const second = options.port === 0 ? null : await tryStart(options, 0)
  if (second === null) throw new Error(`the node of ${options.party} does not start`)
  return second
}

async function tryStart({ party, dataDir, log }: MemberOptions, port: number): Promise<MemberProcess | null> {
  const flags = ['--issuer', '--scenario', 'none', '--party', party, '--line-port', '0', '--data', dataDir]
  const child = fork(PROGRAM, [...flags, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Small sides on a machine that runs three of them.
    execArgv: ['--max-semi-space-size=1', '--optimize-for-size'],
  })
  if (child.stderr !== null) createInterface(child.stderr).on('line', (line) => tell(line, party, log))
  const url = await addressOf(child)
  if (url === null) return null
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(late)
    },
  }
}

/** The events of the other nodes are theirs; what an operator must read is passed on. */
function tell(line: string, party: string, log: (line: string) => void): void {
  const text = line.replace(/^\d{4}-\d\d-\d\dT\S+ /, '')
  if (!text.startsWith('{')) log(`${party}: ${text}`)
}

async function addressOf(child: ChildProcess): Promise<string | null> {
  const { stdout } = child
  if (stdout === null) return null
  return new Promise((settle) => {
    createInterface(stdout).on('line', (line) => {
      const url = /^Parley is at (\S+)$/.exec(line)?.[1]
      if (url !== undefined) settle(url)
    })
    child.once('exit', () => settle(null))
    child.once('error', () => settle(null))
  })
}
