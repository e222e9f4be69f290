// Finds and builds what judges: Go programs into a folder of the system's temporary directory, never into the checkout.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const HERE = import.meta.dirname
const BIN = join(tmpdir(), 'parley-judges')
const BUILD_LIMIT_MS = 10 * 60_000

/** Programs of others, at the versions docs/interop.md speaks of. */
const PUBLISHED = {
  litewitness: 'filippo.io/torchwood/cmd/litewitness@v0.9.0',
  age: 'filippo.io/age/cmd/age@v1.3.2',
  'age-keygen': 'filippo.io/age/cmd/age-keygen@v1.3.2',
  fsck: 'github.com/transparency-dev/tessera/cmd/fsck@v1.0.4',
}

const isProgram = (path) => spawnSync(path, ['version'], { stdio: 'ignore' }).error === undefined

/** The go command: the one on the PATH, or where its own installer puts it. */
function findGo() {
  for (const path of ['go', '/usr/local/go/bin/go']) if (isProgram(path)) return path
  return null
}

/** The path of a program on the PATH, or null. */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && existsSync(path)) return path
  }
  return null
}

const lastLines = (text) => text.trim().split('\n').slice(-3).join(' | ')

function build(go, args, { cwd, env }) {
  mkdirSync(BIN, { recursive: true })
  const built = spawnSync(go, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: BUILD_LIMIT_MS,
  })
  if (built.error !== undefined) return built.error.message
  return built.status === 0 ? null : lastLines(built.stderr)
}

/**
 * One Go judge: `xmod` and `community` are the drivers beside this file, `sunlight` is built from the module named in its go.mod, the
 * others are installed from their published modules. Answers {path} or {missing: why}.
 */
export function goJudge(name) {
  const go = findGo()
  if (go === null) return { missing: 'no go command found (golang.org/dl, or Debian package golang)' }
  const path = join(BIN, name)
  const published = PUBLISHED[name]
  const failed =
    published !== undefined
      ? build(go, ['install', published], { cwd: HERE, env: { GOBIN: BIN, GOFLAGS: '-mod=mod' } })
      : name === 'sunlight'
        ? build(go, ['build', '-o', path, 'filippo.io/sunlight/cmd/sunlight'], { cwd: join(HERE, name), env: {} })
        : build(go, ['build', '-o', path, '.'], { cwd: join(HERE, name), env: {} })
  return failed === null ? { path } : { missing: `could not be built: ${failed}` }
}

/** x/mod's driver as Debian 12 builds it: its own Go 1.19 and packaged x/mod 0.7.0, no module proxy. */
export function debianJudge() {
  const go = '/usr/lib/go-1.19/bin/go'
  if (!existsSync(go) || !existsSync('/usr/share/gocode/src/golang.org/x/mod/sumdb')) {
    return { missing: 'Debian 12 packages golang-1.19-go and golang-golang-x-mod-dev are not installed' }
  }
  const path = join(BIN, 'xmod-debian12')
  const env = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' }
  const failed = build(go, ['build', '-o', path, '.'], { cwd: join(HERE, 'xmod'), env })
  return failed === null ? { path } : { missing: `could not be built: ${failed}` }
}

/** What the judge calls itself. */
export function versionOf(path, args) {
  const asked = spawnSync(path, args, { encoding: 'utf8' })
  return `${asked.stdout ?? ''}${asked.stderr ?? ''}`.trim().split('\n')[0] ?? ''
}
