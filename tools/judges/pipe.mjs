// A driver that answers questions over its standard streams: one line each, in order.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const EMPTY = '-'

/** A question as a line: the word, and each argument in hex. */
export const questionOf = (word, args) =>
  `${word} ${args.map((arg) => (arg.length === 0 ? EMPTY : Buffer.from(arg).toString('hex'))).join(' ')}\n`

/** Starts the driver at `path`. `ask(lines)` resolves to as many answers; `close()` ends it. */
export function openPipe(path, env = {}) {
  const child = spawn(path, ['pipe'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const waiting = []
  let broken = null
  const fail = (error) => {
    broken ??= error
    for (const { reject } of waiting.splice(0)) reject(broken)
  }
  child.once('error', fail)
  child.stdin.on('error', fail)
  child.once('exit', (code, signal) => fail(new Error(`${path} ended with ${signal ?? code}`)))
  createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    const first = waiting[0]
    if (first === undefined) return
    first.answers.push(line)
    if (first.answers.length < first.count) return
    waiting.shift()
    first.resolve(first.answers)
  })
  return {
    ask(lines) {
      if (broken !== null) return Promise.reject(broken)
      if (lines.length === 0) return Promise.resolve([])
      return new Promise((resolve, reject) => {
        waiting.push({ answers: [], count: lines.length, resolve, reject })
        child.stdin.write(lines.join(''))
      })
    },
    close() {
      return new Promise((resolve) => {
        child.removeAllListeners('exit')
        child.once('exit', resolve)
        child.stdin.end()
      })
    },
  }
}
