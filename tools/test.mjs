// The test command: builds, finds a browser for the browser tests, and runs everything. What follows it goes to the test runner:
// `npm test -- packages/geo4d`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

const run = (command, args, options = {}) => spawnSync(command, args, { stdio: 'inherit', ...options })
const quiet = (command, args) => spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })

function findBrowser() {
  const named = process.env.CHROMIUM
  if (named && existsSync(named)) return named
  return BROWSERS.find((path) => existsSync(path)) ?? null
}

/** Debian's package, where we are root on a Debian: nothing is downloaded from anywhere but the machine's own package sources. */
function installBrowser() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return null
  process.stderr.write('No Chromium found: installing the Debian package for the browser tests…\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  if (apt(['update', '-qq']).status !== 0) return null
  apt(['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-core'])
  return findBrowser()
}

const built = run('npx', ['tsc', '-b'])
if (built.status !== 0) process.exit(built.status ?? 1)
if (!existsSync('apps/desk/dist/index.html') && run('npm', ['run', 'build', '-w', 'apps/desk']).status !== 0)
  process.exit(1)

const browser = findBrowser() ?? installBrowser()
if (browser === null)
  process.stderr.write(
    'SKIPPED: the browser tests. There is no Chromium here and none could be installed; set CHROMIUM to one.\n',
  )
else
  process.stderr.write(
    `Browser tests run in ${quiet(browser, ['--version', '--no-sandbox']).stdout?.trim() || browser}\n`,
  )

const tests = run('npx', ['vitest', 'run', ...process.argv.slice(2)], {
  env: { ...process.env, ...(browser === null ? {} : { CHROMIUM: browser }) },
})
process.exit(tests.status ?? 1)
