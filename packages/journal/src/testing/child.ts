import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A started writer and what it has said so far. */
export interface Writer {
  readonly child: ChildProcess
  /** Resolves with the line once one begins so; rejects when the process ends before. */
  said(beginning: string): Promise<string>
  /** Every whole line, once the process has ended. */
  ended(): Promise<readonly string[]>
}

/** The compiled writer, also when the tests run from source. */
function writerFile(): string {
  const fromSource = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(fromSource ? '../../dist/testing/writer.js' : './writer.js', import.meta.url))
  if (!existsSync(path)) throw new Error(`${path} is missing. Run: npx tsc -b packages/journal`)
  return path
}

/** Starts `command`, by default Node on the writer with `args`. */
export function startWriter(args: readonly string[], command: readonly string[] = [process.execPath]): Writer {
  const [program, ...before] = command as [string, ...string[]]
  const child = spawn(program, [...before, writerFile(), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const watchers = new Set<() => void>()
  let rest = ''
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  child.stdout?.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    for (const watcher of watchers) watcher()
  })
  let closed = false
  const ended = new Promise<readonly string[]>((done) => {
    child.once('close', () => {
      closed = true
      for (const watcher of watchers) watcher()
      done(lines)
    })
  })
  const said = (beginning: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find((one) => one.startsWith(beginning))
        if (line === undefined && !closed) return
        watchers.delete(look)
        if (line === undefined) reject(new Error(`the writer ended without saying "${beginning}": ${errors}`))
        else resolve(line)
      }
      watchers.add(look)
      look()
    })
  return { child, said, ended: () => ended }
}
