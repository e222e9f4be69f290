import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface LimitPass {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly mean: number
  readonly hits: number
  readonly queries: number
}

/** The C++ port of the index, built on demand and fed with the same workload: the limit that ours is divided by. */
export class LimitPort implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>
  insertUs = Number.NaN

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process
    this.#lines = lines
  }

  /** Why there is no port on this machine, or null when it can be built. */
  static missing(): string | null {
    return spawnSync('g++', ['--version']).status === 0 ? null : 'no g++ on this machine'
  }

  /** Compiles the port, starts it on two workload files and waits until its store is full. */
  static async start(
    workDir: string,
    files: { readonly store: string; readonly queries: string; readonly warmUp: number },
  ) {
    const binary = join(workDir, 'strategic')
    const source = join(import.meta.dirname, '..', '..', 'limit', 'strategic.cpp')
    execFileSync('g++', ['-O3', '-march=native', source, '-o', binary])
    const child = spawn(binary, [files.store, files.queries, String(files.warmUp)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const port = new LimitPort(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]())
    port.insertUs = ((await port.#line()) as { insertUs: number }).insertUs
    return port
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the C++ port ended before it answered')
    return JSON.parse(value)
  }

  /** One pass over all queries. */
  async pass(): Promise<LimitPass> {
    this.#process.stdin?.write('go\n')
    return (await this.#line()) as LimitPass
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end()
    await new Promise<void>((resolve) => {
      if (this.#process.exitCode !== null) resolve()
      else this.#process.once('exit', () => resolve())
    })
  }
}
