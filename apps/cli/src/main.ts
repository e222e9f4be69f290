import { readFileSync } from 'node:fs'
import { runParley } from './app.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

// A reader that has seen enough (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exitCode = 0
})

const { stdout, stderr, env } = process
process.exitCode = await runParley(process.argv.slice(2), { stdout, stderr, env }, version)
