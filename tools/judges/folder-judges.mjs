// Judges of a whole log in a folder: each answers accepted, refused, hung or crashed, and what it said.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fileSource, verifyLog } from '@parley/record'
import { LOG, MIRROR, QUANTUM_SAFE, WITNESS } from './log.mjs'
import { debianJudge, goJudge } from './toolchain.mjs'

/** Whoever takes longer has not accepted. */
const LIMIT_MS = 60_000
/** For a checker that is known to hang on damaged logs and takes less than a second for a good one. */
const SHORT_LIMIT_MS = 12_000

function asked(path, args, { accepts = null, limitMs = LIMIT_MS } = {}) {
  const run = spawnSync(path, args, { encoding: 'utf8', timeout: limitMs, killSignal: 'SIGKILL' })
  const said = `${run.stdout}\n${run.stderr}`.trim()
  if (run.error?.code === 'ETIMEDOUT') return { verdict: 'hung', said: `no answer within ${limitMs / 1000} s` }
  if (run.error !== undefined) return { verdict: 'crashed', said: run.error.message }
  if (/^panic:|goroutine \d+ \[running\]/m.test(said)) {
    return { verdict: 'crashed', said: said.split('\n').find((line) => line.startsWith('panic:')) ?? 'panic' }
  }
  const accepted = accepts === null ? run.status === 0 : accepts.test(said)
  return { verdict: accepted ? 'accepted' : 'refused', said: said.split('\n').at(-1) ?? '' }
}

async function ourVerdict(folder) {
  const get = async (path) => (existsSync(join(folder, path)) ? new Uint8Array(readFileSync(join(folder, path))) : null)
  const { verdict, findings } = await verifyLog(fileSource(get), {
    logKey: LOG.key,
    cosigners: [WITNESS.key, MIRROR.key, QUANTUM_SAFE.key],
  })
  const first = findings[0]
  if (first === undefined) return { verdict: verdict === 'verified' ? 'accepted' : 'refused', said: '' }
  return { verdict: 'refused', said: `${first.path ?? ''} ${first.kind}: ${first.rule}` }
}

/** All judges of folders; those that cannot be had carry `missing`. `aside` holds the log's key, policy and proofs. */
export function folderJudges(aside) {
  const vkey = join(aside, 'log.vkey')
  const xmodArgs = (folder) => ['log', '-vkey', vkey, '-proofs', join(aside, 'proofs.jsonl'), folder]
  const programs = [
    { name: 'x/mod', program: goJudge('xmod'), args: xmodArgs },
    { name: 'x/mod (Debian 12)', program: debianJudge(), args: xmodArgs },
    {
      name: 'torchwood',
      program: goJudge('community'),
      args: (folder) => ['log', '-policy', join(aside, 'table.policy'), folder],
    },
    {
      name: 'tessera fsck',
      program: goJudge('fsck'),
      args: (folder) => [`--storage_url=${pathToFileURL(folder).href}/`, `--public_key=${vkey}`, '--ui=false'],
      // Its exit status is 0 also when it found the log wrong: what it says decides.
      accepts: /Successfully fsck'd log/,
      limitMs: SHORT_LIMIT_MS,
    },
  ]
  return [
    ...programs.map(({ name, program, args, accepts, limitMs }) => ({
      name,
      missing: program.missing,
      judge: async (folder) => asked(program.path, args(folder), { accepts, limitMs }),
    })),
    { name: 'Parley', missing: undefined, judge: ourVerdict },
  ]
}
