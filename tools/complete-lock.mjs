// Adds to package-lock.json the optional per-platform packages that npm left out because the registry in reach does not carry them:
// without these entries `npm ci` refuses the lock file. Idempotent; run by `npm run lock`.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const EXACT = /^\d+\.\d+\.\d+(?:[-+].+)?$/
const PLATFORM = {
  os: ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'],
  cpu: ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'],
}
let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
    const hoisted = `node_modules/${name}`
    if (!EXACT.test(version) || lock.packages[nested] || lock.packages[hoisted]) continue
    const words = name.split(/[/-]/)
    const os = PLATFORM.os.filter((o) => words.includes(o))
    const cpu = PLATFORM.cpu.filter((c) => words.includes(c))
    lock.packages[hoisted] = { version, ...(os.length ? { os } : {}), ...(cpu.length ? { cpu } : {}), optional: true }
    added += 1
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
// The lock names packages, not the place they came from: whoever installs uses the registry they trust.
for (const entry of Object.values(lock.packages)) if (!entry.link) delete entry.resolved
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`lock file complete: ${added} platform packages added`)
